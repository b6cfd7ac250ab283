import { parse as parseGraphql, print } from 'graphql'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { composeSupergraph } from '../../gateway/supergraph/index.ts'
import { AccessGraph, type CaseGraph, type CaseRequest } from '../testkit/access-case.ts'
import { subgraphsOf } from '../testkit/access-graph.ts'

/** What a case expects; README.md in this folder says it in words. */
interface Expected {
  readonly data?: unknown
  readonly denied?: readonly string[]
  readonly sends?: string
  readonly calls?: readonly string[]
  readonly refused?: string
}

interface RequestCase extends CaseRequest, Expected {
  readonly id: string
  readonly threats?: readonly string[]
  readonly says: string
  readonly graph: string
}

/** One document by several callers, one after the other. */
interface SequenceCase extends Pick<RequestCase, 'id' | 'threats' | 'says' | 'graph'> {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly steps: readonly (Pick<CaseRequest, 'caller' | 'variables'> & Expected)[]
}

/** A supergraph that must not come to be. */
interface ComposeCase extends Pick<RequestCase, 'id' | 'threats' | 'says'> {
  readonly compose: Readonly<Record<string, string>>
  readonly refused: string
}

interface Suite {
  readonly graphs?: Readonly<Record<string, CaseGraph>>
  readonly cases: readonly (RequestCase | SequenceCase | ComposeCase)[]
}

const FOLDER = join(import.meta.dirname, 'cases')
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')).sort()
const SUITES = FILES.map((file): readonly [string, Suite] => [file, parseYaml(readFileSync(join(FOLDER, file), 'utf8'), { maxAliasCount: 1_000 }) as Suite])

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

describe.each(SUITES)('%s', (_, { graphs = {}, cases }) => {
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
      const graph = graphOf(one.graph)
      if (!('steps' in one)) return await check(graph, one, one)
      for (const step of one.steps) await check(graph, { query: one.query, ...(one.variables === undefined ? {} : { variables: one.variables }), ...step }, step)
    })
  }
})

describe('the suite', () => {
  const ids = SUITES.flatMap(([, { cases }]) => cases.map(({ id }) => id))

  it('has at least 300 cases, each under a name of its own', () => {
    expect(ids.length).toBeGreaterThanOrEqual(300)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })
})
