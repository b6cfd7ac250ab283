import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS } from '../../gateway/operation/index.ts'
import { AccessGraph } from '../testkit/access-case.ts'
import { caller } from '../testkit/access-graph.ts'
import type { MeshAnswer } from '../testkit/gateway-mesh.ts'
import { startGraphqlServer, type GraphqlServer } from '../testkit/graphql-server.ts'

const GRAPH = new AccessGraph({
  subgraphs: {
    shop: `
      type Query {
        int(i: Int): Int
        id(id: ID, ids: [ID!]): Int
        float(f: Float): Int
        open: Int
        hidden: Secret @authenticated
        users(first: Int): [User!] @listSize(assumedSize: 10, slicingArguments: ["first"], requireOneSlicingArgument: false)
        exact(first: Int, last: Int): [User!] @listSize(slicingArguments: ["first", "last"])
      }
      type Secret @requiresScopes(scopes: [["s"]]) { x: Int }
      type User { id: ID! friends(first: Int): [User!] @listSize(assumedSize: 10, slicingArguments: ["first"], requireOneSlicingArgument: false) }
    `,
  },
  data: { int: 1, id: 1, float: 1, open: 1, hidden: { x: 2 }, users: [{ id: '1', friends: [] }], exact: [] },
})

const CALLERS = { nobody: caller(), insider: caller('s') }
const held = new AsyncDisposableStack()
let server: GraphqlServer

beforeAll(async () => {
  held.defer(async () => await GRAPH.close())
  server = held.use(await startGraphqlServer({ graph: GRAPH.serving(), callers: CALLERS }))
})
afterAll(async () => await held.disposeAsync())

/** A request whose JSON no serialiser would write. */
async function post(body: string): Promise<{ readonly status: number; readonly codes: readonly unknown[] }> {
  const response = await fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer nobody' }, body })
  const { errors = [] } = (await response.json()) as { readonly errors?: readonly { readonly extensions: { readonly code: unknown } }[] }
  return { status: response.status, codes: errors.map(({ extensions }) => extensions.code) }
}

describe('values that their types do not have, over HTTP', () => {
  it.each([
    ['an Int of 2³¹', '{"query":"{ int(i: 2147483648) }"}', 'GRAPHQL_VALIDATION_FAILED'],
    ['an Int of 2³¹ in a variable', '{"query":"query ($x: Int) { int(i: $x) }","variables":{"x":2147483648}}', 'BAD_USER_INPUT'],
    ['a Float of 1e999', '{"query":"{ float(f: 1e999) }"}', 'GRAPHQL_VALIDATION_FAILED'],
    ['a Float of 1e999 in a variable', '{"query":"query ($x: Float) { float(f: $x) }","variables":{"x":1e999}}', 'BAD_USER_INPUT'],
    ['an ID of 900,000 characters', `{"query":"query ($x: ID) { id(id: $x) }","variables":{"x":"${'x'.repeat(900_000)}"}}`, 'BAD_USER_INPUT'],
    ['such an ID in a list', `{"query":"query ($x: [ID!]) { id(ids: $x) }","variables":{"x":["a","${'x'.repeat(900_000)}"]}}`, 'BAD_USER_INPUT'],
    ['an ID of 10,000 characters in the document', `{"query":"{ id(id: \\"${'x'.repeat(10_000)}\\") }"}`, 'GRAPHQL_VALIDATION_FAILED'],
  ])('G39 %s: 400', async (_, body, code) => {
    const before = GRAPH.calls
    expect(await post(body)).toEqual({ status: 400, codes: [code] })
    expect(GRAPH.calls).toBe(before)
  })

  it('G39 an ID of a million characters is too much of a body', async () => {
    expect(await post(`{"query":"query ($x: ID) { id(id: $x) }","variables":{"x":"${'x'.repeat(1_100_000)}"}}`)).toEqual({ status: 413, codes: ['PAYLOAD_TOO_LARGE'] })
  })
})

describe('cost, over HTTP', () => {
  const estimateOf = ({ headers, errors }: MeshAnswer): string | null => {
    expect(errors).toEqual([])
    return headers.get('x-polyseme-cost-estimated')
  }
  const INCLUDE = { headers: { 'x-polyseme-cost': 'include' } }

  it.each([
    ['a named fragment', '{ users { ...f } } fragment f on User { id friends { id } }'],
    ['fragments in fragments', '{ ...q } fragment q on Query { users { ...f } } fragment f on User { ...g } fragment g on User { id friends { ...h } } fragment h on User { id }'],
    ['inline fragments', '{ ... { users { ... on User { id friends { ... on User { id } } } } } }'],
    ['a field asked for twice', '{ users { id } users { friends { id } } users { id friends { id } } }'],
  ])('G40 hidden in %s is the same as written out', async (_, query) => {
    const plain = estimateOf(await server.ask('{ users { id friends { id } } }', 'nobody', INCLUDE))
    expect(plain).toBe('110')
    expect(estimateOf(await server.ask(query, 'nobody', INCLUDE))).toBe(plain)
  })

  it.each([
    ['pages nested', '{ users(first: 2147483647) { friends(first: 2147483647) { id } } }', {}],
    ['pages in fragments', '{ users(first: 2147483647) { ...f } } fragment f on User { friends(first: 2147483647) { id } }', {}],
    ['pages in variables', 'query ($n: Int) { users(first: $n) { friends(first: $n) { id } } }', { n: 2_147_483_647 }],
    ['lists nested', `{ users ${'{ friends '.repeat(25)}{ id }${' }'.repeat(25)} }`, {}],
  ])('G37 of %s is refused with limit and value, before anybody is asked', async (_, query, variables) => {
    const before = GRAPH.calls
    const { status, errors } = await server.ask(query, 'nobody', { variables })
    expect(status).toBe(400)
    expect(errors[0]?.extensions).toEqual({ code: 'OPERATION_LIMIT_EXCEEDED', what: 'cost', limit: 10_000_000, value: expect.any(Number) })
    expect(errors[0]?.message).toContain(`estimated cost of ${String(errors[0]?.extensions?.['value'])}; at most 10000000 is allowed`)
    expect(errors[0]?.extensions?.['value']).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
    expect(GRAPH.calls).toBe(before)
  })

  it.each([['none', ''], ['both', '(first: 1, last: 1)']])('G38 a list that needs one page size and has %s: 400', async (_, given) => {
    const { status, errors } = await server.ask(`{ exact${given} { id } }`, 'nobody')
    expect({ status, code: errors[0]?.extensions?.['code'] }).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
    expect(errors[0]?.message).toContain('Query.exact needs exactly one of the arguments first, last')
  })
})

describe('what is forbidden, over HTTP', () => {
  it('G15 introspection shows each caller what it may see, whoever asked before', async () => {
    const [insider, nobody, again] = [await server.ask(getIntrospectionQuery(), 'insider'), await server.ask(getIntrospectionQuery(), 'nobody'), await server.ask(getIntrospectionQuery(), 'insider')]
    expect(JSON.stringify(insider.data)).toMatch(/Secret/)
    expect(JSON.stringify(nobody.data)).not.toMatch(/Secret|hidden/)
    expect(again.data).toEqual(insider.data)
  })

  it('G15 introspection that is switched off is refused for everybody', async () => {
    await using closed = await startGraphqlServer({ graph: GRAPH.serving(), callers: CALLERS, limits: { ...DEFAULT_OPERATION_LIMITS, introspection: false } })
    for (const query of ['{ __schema { queryType { name } } }', '{ open t: __type(name: "Secret") { name } }', 'query Q { ...f } fragment f on Query { __schema { types { name } } }']) {
      const { status, errors, data } = await closed.ask(query, 'insider')
      expect({ status, data, code: errors[0]?.extensions?.['code'] }).toEqual({ status: 400, data: undefined, code: 'GRAPHQL_VALIDATION_FAILED' })
    }
    expect((await closed.ask('{ __typename open }', 'insider')).data).toEqual({ __typename: 'Query', open: 1 })
  })

  it('G18 is told from what does not exist by nothing: status, headers, text', async () => {
    await using concealing = await startGraphqlServer({ graph: GRAPH.serving(), callers: CALLERS, concealForbidden: true })
    const told = async (name: string, as: string): Promise<unknown> => {
      const { status, errors, data, headers } = await concealing.ask(`{ open ${name} { x } }`, as)
      const kept = [...headers].filter(([header]) => !['date', 'x-request-id', 'content-length'].includes(header))
      return JSON.parse(JSON.stringify({ status, errors, data, kept }).replaceAll(name, 'NAME'))
    }
    expect(await told('hidden', 'nobody')).toEqual(await told('hiddem', 'nobody'))
    expect(await concealing.ask('{ hidden { x } }', 'insider')).toMatchObject({ status: 200, data: { hidden: { x: 2 } } })
  })
})
