import { Kind, parse } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import { execute } from '../../gateway/execute/index.ts'
import { createPlanner, printPlan } from '../../gateway/plan/index.ts'
import { coerceVariables } from '../testkit/coerce-variables.ts'
import { expectGolden } from '../testkit/golden.ts'
import { authorizeAll, TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import { CaseData, CaseTransport } from './case-data.ts'
import { goldenOf, loadTheme, THEMES } from './themes.ts'

describe.each(THEMES)('%s', (file) => {
  const { theme, sdl, supergraph } = loadTheme(file)
  const planner = createPlanner(supergraph, { isolation: 'inline' })
  afterAll(async () => await planner.close())

  it.each(theme.cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const data = new CaseData(theme.data)
    const transports = new Map(Object.entries(sdl).map(([subgraph, text]) => [subgraph, new CaseTransport(subgraph, text, data)]))
    const variables = coerceVariables(supergraph.apiSchema, one.operation, one.variables ?? {})
    const operation = authorizeAll(one.operation, variables)
    const plan = await planner.plan(operation)
    const outcome = await execute(plan, { operation, principal: TEST_PRINCIPAL, transports })

    const golden = goldenOf(file, name)
    await expectGolden(`${golden}.plan.txt`, printPlan(plan.node))
    await expectGolden(`${golden}.answer.json`, `${JSON.stringify(JSON.parse(outcome.text), null, 2)}\n`)
    if (one.calls !== undefined) expect(outcome.calls.length).toBe(one.calls)
    if (one.differs !== undefined) return
    const document = parse(one.operation)
    expect(document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)).toHaveLength(1)
    const expected = await new CaseData(theme.data).run(supergraph.apiSchema, document, { variables })
    expect(JSON.stringify(outcome.data)).toBe(JSON.stringify(expected.data))
    expect(outcome.errors.map(({ path }) => JSON.stringify(path)).sort()).toEqual((expected.errors ?? []).map(({ path }) => JSON.stringify(path)).sort())
  })
})
