import { describe, expect, it } from 'vitest'
import { execute, HttpTransport, InProcessTransport, type SubgraphCallContext, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { authorizeAll, composeTestSupergraph, RecordingTransport, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])'
const people = Array.from({ length: 3 }, (_none, index) => ({ id: String(index), name: `name ${index}`, best: { id: '1' } }))
const a = {
  sdl: `${LINK} type Query { people: [Person!] person: Person } type Person @key(fields: "id") { id: ID! name: String best: Person }`,
  resolvers: { Query: { people: () => people, person: () => people[0] }, Person: { __resolveReference: ({ id }: { id: string }) => people[Number(id)] } },
}
const b = {
  sdl: `${LINK} type Person @key(fields: "id") { id: ID! age: Int town: Town } type Town @key(fields: "id") { id: ID! }`,
  resolvers: { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, age: 30, town: { id: `t${id}` } }) } },
}
const c = {
  sdl: `${LINK} type Town @key(fields: "id") { id: ID! name: String } type Person @key(fields: "id") { id: ID! shoes: Int }`,
  resolvers: { Town: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `town ${id}` }) }, Person: { __resolveReference: ({ id }: { id: string }) => ({ id, shoes: 40 }) } },
}
const PLANNER = createPlanner(composeTestSupergraph({ a: a.sdl, b: b.sdl, c: c.sdl }), { isolation: 'inline' })

function mesh(): Map<string, RecordingTransport> {
  return new Map([['a', new RecordingTransport(a)], ['b', new RecordingTransport(b)], ['c', new RecordingTransport(c)]])
}

/** A subgraph that never answers, until it is told that nobody waits. */
class SilentTransport implements SubgraphTransport {
  readonly cancelled = Promise.withResolvers<void>()

  send(_request: unknown, call: SubgraphCallContext): Promise<never> {
    return new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => {
        this.cancelled.resolve()
        reject(new Error('cancelled'))
      })
    })
  }

  async close(): Promise<void> {}
}

describe('execute', () => {
  it('asks each domain once for all entities of a level, each entity once', async () => {
    const transports = mesh()
    const operation = authorizeAll('{ people { age best { age } } person { age } }')
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
    expect(outcome.calls.map(({ subgraph, entities, outcome: result }) => ({ subgraph, entities, result }))).toEqual([
      { subgraph: 'a', entities: 0, result: 'answered' },
      { subgraph: 'b', entities: expect.any(Number) as number, result: 'answered' },
    ])
    const [request] = transports.get('b')?.requests ?? []
    for (const representations of Object.values(request?.variables ?? {})) {
      const texts = (representations as readonly unknown[]).map((one) => JSON.stringify(one))
      expect(new Set(texts).size).toBe(texts.length)
    }
  })

  it('lets a fetch that nothing waits for ride with a later request to its domain', async () => {
    const transports = mesh()
    const operation = authorizeAll('{ people { shoes town { name } } }')
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
    expect(outcome.data).toEqual({ people: people.map(({ id }) => ({ shoes: 40, town: { name: `town t${id}` } })) })
    expect(outcome.calls.map(({ subgraph }) => subgraph)).toEqual(['a', 'b', 'c'])
  })

  it('T02 gives what is there when the deadline passes, and names the domain that is late', async () => {
    const silent = new SilentTransport()
    const operation = authorizeAll('{ people { name age } }')
    const transports = new Map<string, SubgraphTransport>([...mesh(), ['b', silent]])
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports, deadlineMs: 50 })
    expect(outcome.data).toEqual({ people: people.map(({ name }) => ({ name, age: null })) })
    expect(outcome.errors).toEqual([{ message: 'the domain "b" is not available', extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'b' } }])
  })

  it('T39 cancels what is under way when the client leaves', async () => {
    const client = new AbortController()
    const silent = new SilentTransport()
    const operation = authorizeAll('{ people { name } }')
    const running = execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map([['a', silent]]), signal: client.signal })
    client.abort()
    await silent.cancelled.promise
    await expect(running).resolves.toMatchObject({ data: { people: null } })
  })

  it('T05 gives up on a connection that is open and dead', async () => {
    const server = createServer((socket) => { socket.on('error', () => {}).resume() })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const transport = new HttpTransport({ subgraph: 'b', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, identityFor: async () => 'x', timeoutMs: 50 })
    const operation = authorizeAll('{ people { name age } }')
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map<string, SubgraphTransport>([...mesh(), ['b', transport]]) })
    expect(outcome.errors).toEqual([{ message: 'the domain "b" did not answer in time', extensions: { code: 'SUBGRAPH_TIMEOUT', subgraph: 'b' } }])
    await transport.close()
    await new Promise((resolve) => { server.close(resolve) })
  })

  it('hands the caller to a domain that the gateway serves itself', async () => {
    const schema = buildSubgraphSchema([{ typeDefs: parse(`${LINK} type Query { who: String may: Boolean }`), resolvers: { Query: {
      who: (_source: unknown, _args: unknown, context: { principal: { subject: string } }) => context.principal.subject,
      may: (_source: unknown, _args: unknown, context: { mayRead(type: string): boolean }) => context.mayRead('Secret'),
    } } }])
    const planner = createPlanner(composeTestSupergraph({ own: `${LINK} type Query { who: String may: Boolean }` }), { isolation: 'inline' })
    const operation = authorizeAll('{ who may }')
    const transport = new InProcessTransport('own', () => schema, ({ principal }) => ({ principal, mayRead: () => false, rowRestrictionsAround: () => ({}) }))
    const outcome = await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map([['own', transport]]) })
    expect(outcome.data).toEqual({ who: 'someone', may: false })
  })

  it('counts the errors that one answer has no room for', async () => {
    const many = { sdl: `${LINK} type Query { people: [Person!] } type Person { id: ID! }`, resolvers: { Query: { people: () => Array.from({ length: 50 }, () => ({})) } } }
    const planner = createPlanner(composeTestSupergraph({ many: many.sdl.replace('[Person!]', '[Person]') }), { isolation: 'inline' })
    const operation = authorizeAll('{ people { id } }')
    const send = async (): Promise<{ data: Record<string, unknown>; errors: [] }> => ({ data: { people: Array.from({ length: 50 }, () => ({ id: null })) }, errors: [] })
    const outcome = await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, maxErrors: 10, transports: new Map([['many', { send, close: async () => {} }]]) })
    expect(outcome.errors).toHaveLength(11)
    expect(outcome.errors.at(-1)?.message).toBe('40 further errors are left out')
  })
})
