import { parse as parseGraphql, print } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import { composeSupergraph } from '../../gateway/supergraph/index.ts'
import { AccessGraph, type CaseRequest } from '../testkit/access-case.ts'
import { subgraphsOf } from '../testkit/access-graph.ts'
import { ACCESS_SUITES, stepsOf, type Expected } from '../testkit/access-suites.ts'

async function check(graph: AccessGraph, request: CaseRequest, expected: Expected): Promise<void> {
  if (expected.refused !== undefined) {
    await expect(graph.ask(request)).rejects.toMatchObject({ code: expected.refused })
    return
  }
  const outcome = await graph.ask(request)
  expect(outcome.otherErrors).toEqual([])
  expect(outcome.denied).toEqual(expected.denied ?? [])
  // Text, not values: the client's order counts.
  expect(JSON.stringify(outcome.data, undefined, 1)).toBe(JSON.stringify(expected.data, undefined, 1))
  if (expected.sends !== undefined) expect(outcome.sent ?? 'nothing').toBe(expected.sends === 'nothing' ? 'nothing' : print(parseGraphql(expected.sends)))
  if (expected.calls !== undefined) expect(outcome.calls).toEqual(expected.calls)
}

describe.each(ACCESS_SUITES)('%s', (_, { graphs = {}, cases }) => {
  const built = new Map<string, AccessGraph>()
  const graphOf = (name: string): AccessGraph => {
    let graph = built.get(name)
    const definition = graphs[name]
    if (definition === undefined) throw new Error(`no graph "${name}"`)
    if (graph === undefined) built.set(name, (graph = new AccessGraph(definition)))
    return graph
  }
  afterAll(async () => {
    for (const graph of built.values()) await graph.close()
  })

  for (const one of cases) {
    it(`${one.threats?.join(' ') ?? ''} ${one.id}: ${one.says}`.trim(), async () => {
      if ('compose' in one) {
        const result = composeSupergraph(subgraphsOf(one.compose), { sharedTypes: 'any' })
        expect(result.kind === 'invalid' ? result.diagnostics.map(({ rule }) => rule) : 'composed').toContain(one.refused)
        return
      }
      for (const step of stepsOf(one)) await check(graphOf(one.graph), step, step)
    })
  }
})

describe('the suite', () => {
  const ids = ACCESS_SUITES.flatMap(([, { cases }]) => cases.map(({ id }) => id))

  it('has at least 300 cases, each under a name of its own', () => {
    expect(ids.length).toBeGreaterThanOrEqual(300)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })
})
