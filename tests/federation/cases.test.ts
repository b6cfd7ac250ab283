import { Kind, parse } from 'graphql'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { execute } from '../../gateway/execute/index.ts'
import { createPlanner, printPlan } from '../../gateway/plan/index.ts'
import { coerceVariables } from '../testkit/coerce-variables.ts'
import { expectGolden } from '../testkit/golden.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import { CaseData, CaseTransport, type CaseObject } from './case-data.ts'

/** One theme: a mesh and what is asked of it. */
interface Theme {
  readonly about: string
  readonly subgraphs: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, CaseObject | readonly CaseObject[]>>
  readonly cases: readonly {
    readonly name: string
    readonly operation: string
    readonly variables?: Readonly<Record<string, unknown>>
    /** How many requests may be made; the fewest that are possible. */
    readonly calls?: number
    /** Why the answer is not that of one schema over the same data. */
    readonly differs?: string
  }[]
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", "@inaccessible", "@tag", "@context", "@fromContext", "@extends"])\n`

const folder = join(import.meta.dirname, 'cases')
const themes = readdirSync(folder).filter((file) => file.endsWith('.yaml')).sort()

describe.each(themes)('%s', (file) => {
  const theme = parseYaml(readFileSync(join(folder, file), 'utf8'), { maxAliasCount: -1 }) as Theme
  const sdl = Object.fromEntries(Object.entries(theme.subgraphs).map(([name, text]) => [name, text.includes('@link') ? text : LINK + text]))
  const supergraph = composeTestSupergraph(sdl)
  const planner = createPlanner(supergraph, { isolation: 'inline' })
  afterAll(async () => await planner.close())

  it.each(theme.cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const data = new CaseData(theme.data)
    const transports = new Map(Object.entries(sdl).map(([subgraph, text]) => [subgraph, new CaseTransport(subgraph, text, data)]))
    const variables = coerceVariables(supergraph.apiSchema, one.operation, one.variables ?? {})
    const operation = authorizeAll(one.operation, variables)
    const plan = await planner.plan(operation)
    const outcome = await execute(plan, { operation, principal: TEST_PRINCIPAL, transports })

    const golden = join(folder, file.replace('.yaml', ''), name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase())
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
