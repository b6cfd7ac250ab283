import type { Principal } from '@polyseme/kit/identity'
import { afterAll, describe, expect, it } from 'vitest'
import { federationDecider } from '../../gateway/access/index.ts'
import { AccessGraph, type CaseRequest } from '../testkit/access-case.ts'
import { caller } from '../testkit/access-graph.ts'
import { ACCESS_SUITES, stepsOf, type Expected } from '../testkit/access-suites.ts'
import { startGraphqlServer, type GraphqlServer } from '../testkit/graphql-server.ts'

/** A token that says who the caller of a case is; named policies are granted to roles of their names. */
function tokenOf({ caller: who }: CaseRequest): string {
  return who === 'anonymous' ? 'nobody' : Buffer.from(JSON.stringify(who)).toString('base64url')
}

function principalOf(token: string): Principal | undefined {
  if (token === 'nobody') return undefined
  const { scopes = [], policies = [] } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { readonly scopes?: readonly string[]; readonly policies?: readonly string[] }
  return { ...caller(...scopes), roles: policies }
}

/** A graph of the suite behind the gateway's own route, in one of the two modes. */
interface Served {
  readonly graph: AccessGraph
  readonly server: GraphqlServer
}

async function check({ graph, server }: Served, request: CaseRequest, expected: Expected): Promise<void> {
  const before = graph.calls
  const { status, data, errors } = await server.ask(request.query, tokenOf(request), request)
  if (request.caller === 'anonymous') {
    expect({ status, calls: graph.calls - before }).toEqual({ status: 401, calls: 0 })
    return
  }
  const codes = errors.map(({ extensions }) => extensions?.['code'])
  if (expected.refused !== undefined) {
    expect({ code: codes[0], data, calls: graph.calls - before }).toEqual({ code: expected.refused, data: undefined, calls: 0 })
    expect(status).toBeGreaterThanOrEqual(400)
    return
  }
  expect(new Set(codes)).toEqual(new Set(expected.denied?.length === undefined || expected.denied.length === 0 ? [] : ['UNAUTHORIZED_FIELD_OR_TYPE']))
  expect(errors.map(({ path = [], message }) => `${path.join('.')} ${message.replace('not authorized for ', '')}`)).toEqual(expected.denied ?? [])
  // Text, not values: the client's order counts.
  expect(JSON.stringify(data, undefined, 1)).toBe(JSON.stringify(expected.data, undefined, 1))
  if (expected.calls?.length === 0) expect(graph.calls).toBe(before)
}

describe.each(ACCESS_SUITES)('%s over HTTP', (_, { graphs = {}, cases }) => {
  const held = new AsyncDisposableStack()
  const served = new Map<string, Promise<Served>>()
  const start = async (name: string, mode: 'filter' | 'reject'): Promise<Served> => {
    const definition = graphs[name]
    if (definition === undefined) throw new Error(`no graph "${name}"`)
    const graph = new AccessGraph(definition)
    held.defer(async () => await graph.close())
    const decider = federationDecider(graph.supergraph, (policy, principal) => principal?.roles.includes(policy) === true)
    return { graph, server: held.use(await startGraphqlServer({ graph: { ...graph.serving(), decider: () => decider }, callers: principalOf, unauthorized: mode })) }
  }
  const serve = async (name: string, mode: 'filter' | 'reject'): Promise<Served> => {
    const key = `${name} ${mode}`
    const known = served.get(key) ?? start(name, mode)
    served.set(key, known)
    return await known
  }
  afterAll(async () => await held.disposeAsync())

  for (const one of cases) {
    if ('compose' in one) continue
    it(`${one.threats?.join(' ') ?? ''} ${one.id}: ${one.says}`.trim(), async () => {
      for (const step of stepsOf(one)) await check(await serve(one.graph, step.mode ?? 'filter'), step, step)
    })
  }
})
