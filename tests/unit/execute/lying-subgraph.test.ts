import type { GraphQLObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { execute, type ExecutionOutcome, type SubgraphAnswer } from '../../../gateway/execute/index.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { authorizeAll, composeTestSupergraph, RecordingTransport, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])'
const people = [{ id: '1', name: 'Ada', pet: { __typename: 'Cat', name: 'Tom' } }, { id: '2', name: 'Bob', pet: null }]
const a = {
  sdl: `${LINK} type Query { people: [Person!] } type Person @key(fields: "id") { id: ID! name: String! pet: Pet } union Pet = Cat | Dog type Cat { name: String } type Dog { name: String }`,
  resolvers: { Query: { people: () => people } },
}
const b = {
  sdl: `${LINK} type Person @key(fields: "id") { id: ID! age: Int mail: String! home: Home } type Home { town: String! }`,
  resolvers: { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, age: 30 + Number(id), mail: `${id}@x`, home: { town: 'Ulm' } }) } },
}
const SUPERGRAPH = composeTestSupergraph({ a: a.sdl, b: b.sdl })
const PLANNER = createPlanner(SUPERGRAPH, { isolation: 'inline' })

type Data = Record<string, unknown>

/** Runs a query while one subgraph's answer is changed. */
async function run(text: string, name: 'a' | 'b', change: (data: Data, answer: SubgraphAnswer) => unknown): Promise<ExecutionOutcome> {
  const transports = new Map([['a', new RecordingTransport(a)], ['b', new RecordingTransport(b)]])
  const transport = transports.get(name)
  if (transport !== undefined) transport.tamper = (answer) => ({ ...answer, data: change(answer.data as Data, answer) as SubgraphAnswer['data'] })
  const operation = authorizeAll(text)
  return execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
}

const entities = (data: Data): Data[] => data['_entities'] as Data[]
const invalid = (subgraph: string, path?: readonly (string | number)[]): unknown => expect.objectContaining({
  ...(path === undefined ? {} : { path }), extensions: { code: 'SUBGRAPH_RESPONSE_INVALID', subgraph },
})

describe('answers of a subgraph that lies', () => {
  it('F04 drops an object of a type that cannot be there', async () => {
    const outcome = await run('{ people { name pet { ... on Cat { name } } } }', 'a', (data) => {
      const [first] = data['people'] as { readonly pet: Data }[]
      if (first !== undefined) first.pet['__typename'] = 'Person'
      return data
    })
    expect(outcome.data).toEqual({ people: [{ name: 'Ada', pet: null }, { name: 'Bob', pet: null }] })
    expect(outcome.errors).toEqual([invalid('a', ['people', 0, 'pet'])])
  })

  it.each(['UNAUTHENTICATED', 'AUTHORIZATION_HEADER_INVALID'])('a refusal with %s is not the client\'s: it is no reason to sign out, and tells nothing of the wiring', async (code) => {
    const refusal = { message: 'The call identity is meant for another subgraph.', extensions: { code } }
    const transports = new Map([['a', new RecordingTransport(a)]])
    for (const transport of transports.values()) transport.tamper = () => ({ data: undefined, errors: [refusal] })
    const operation = authorizeAll('{ people { name } }')
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
    expect(outcome.errors).toEqual([{ message: 'the domain "a" reported an error', extensions: { code: 'SUBGRAPH_ERROR', subgraph: 'a' } }])
  })

  it('F04 drops an entity that says it is of another type', async () => {
    const outcome = await run('{ people { name age } }', 'a', (data) => {
      const [first] = data['people'] as Data[]
      if (first !== undefined) first['__typename'] = 'Cat'
      return data
    })
    expect(outcome.data).toEqual({ people: null })
    expect(outcome.errors).toEqual([invalid('a', ['people', 0])])
  })

  it.each([
    ['fewer', (list: Data[]) => list.slice(1)],
    ['more', (list: Data[]) => [...list, ...list]],
  ])('F05 takes none of the entities when there are %s than asked for', async (_name, change) => {
    const outcome = await run('{ people { name age } }', 'b', (data) => ({ _entities: change(entities(data)) }))
    expect(outcome.data).toEqual({ people: [{ name: 'Ada', age: null }, { name: 'Bob', age: null }] })
    expect(outcome.errors).toEqual([invalid('b')])
  })

  it('F06 takes none of the entities when they are others than asked for', async () => {
    const outcome = await run('{ people { name age } }', 'b', (data) => data)
    expect(outcome.errors).toEqual([])
    const operation = authorizeAll('{ people { name age } }')
    const plan = await PLANNER.plan(operation)
    const requests = plan.program.requests.map((request) => (
      request.work.kind === 'root' ? request : { ...request, work: { ...request.work, members: request.work.members.map((member) => ({ ...member, repeatedKey: 'id' })) } }
    ))
    const transports = new Map([['a', new RecordingTransport(a)], ['b', new RecordingTransport(b)]])
    const transport = transports.get('b')
    if (transport !== undefined) transport.tamper = () => ({ data: { _entities: [{ id: '2', age: 32 }, { id: '1', age: 31 }] }, errors: [] })
    const swapped = await execute({ ...plan, program: { ...plan.program, requests } }, { operation, principal: TEST_PRINCIPAL, transports })
    expect(swapped.data).toEqual({ people: [{ name: 'Ada', age: null }, { name: 'Bob', age: null }] })
    expect(swapped.errors).toEqual([invalid('b')])
  })

  it.each([['null', null], ['no list', 'text'], ['an object', {}]])('F07 gives a partial answer and an error when _entities is %s', async (_name, value) => {
    const outcome = await run('{ people { name age } }', 'b', () => ({ _entities: value }))
    expect(outcome.data).toEqual({ people: [{ name: 'Ada', age: null }, { name: 'Bob', age: null }] })
    expect(outcome.errors).toEqual([invalid('b')])
  })

  it('F08 reports a null in a non-null field with its path, and the null goes up', async () => {
    const outcome = await run('{ people { name home { town } } }', 'b', (data) => {
      const [, second] = entities(data)
      if (second !== undefined) second['home'] = { town: null }
      return data
    })
    expect(outcome.data).toEqual({ people: [{ name: 'Ada', home: { town: 'Ulm' } }, { name: 'Bob', home: null }] })
    expect(outcome.errors).toEqual([invalid('b', ['people', 1, 'home', 'town'])])
  })

  it('F08 reports an entity that is not there although one of its fields must be', async () => {
    const outcome = await run('{ people { name mail } }', 'b', (data) => ({ _entities: [entities(data)[0], null] }))
    expect(outcome.data).toEqual({ people: null })
    expect(outcome.errors).toEqual([invalid('b', ['people', 1, 'mail'])])
  })

  it('F09 strips what was not asked for', async () => {
    const outcome = await run('{ people { name age } }', 'b', (data) => ({ ...data, extra: 1, _entities: entities(data).map((entity) => ({ ...entity, secret: 's' })) }))
    expect(outcome.text).toBe('{"data":{"people":[{"name":"Ada","age":31},{"name":"Bob","age":32}]}}')
  })

  it.each([['Int', 'age', 1.5], ['Int', 'age', 2 ** 31], ['Int', 'age', '31'], ['String', 'mail', 5], ['String', 'mail', { a: 1 }]])('F08 reports a value that is no %s', async (_type, field, value) => {
    const outcome = await run(`{ people { ${field} } }`, 'b', (data) => {
      const [first] = entities(data)
      if (first !== undefined) first[field] = value
      return data
    })
    expect(outcome.errors).toEqual([invalid('b', ['people', 0, field])])
  })

  it('F16 passes on no message that was not written for clients', async () => {
    const transports = new Map([['a', new RecordingTransport(a)], ['b', new RecordingTransport(b)]])
    const transport = transports.get('b')
    if (transport !== undefined) {
      transport.tamper = (answer) => ({ ...answer, errors: [
        { message: 'SELECT secret FROM t', path: ['_entities', 1, 'age'], extensions: { stacktrace: ['/srv/app.js'], code: 'ER_SQL' } },
        { message: 'use a cursor as it was', path: ['_entities', 0, 'age'], extensions: { code: 'CURSOR_INVALID', secret: 1 } },
      ] })
    }
    const operation = authorizeAll('{ people { age } }')
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
    expect(outcome.errors).toEqual([
      { message: 'use a cursor as it was', path: ['people', 0, 'age'], extensions: { code: 'CURSOR_INVALID', subgraph: 'b' } },
      { message: 'the domain "b" reported an error', path: ['people', 1, 'age'], extensions: { code: 'ER_SQL', subgraph: 'b' } },
    ])
  })

  it('G14 leaves Object.prototype alone whatever keys come', async () => {
    const outcome = await run('{ people { __proto__: name constructor: age } }', 'a', (data) => JSON.parse(JSON.stringify(data).replaceAll('"people"', '"__proto__":{"x":1},"people"')) as unknown)
    expect(outcome.text).toBe('{"data":{"people":[{"__proto__":"Ada","constructor":31},{"__proto__":"Bob","constructor":32}]}}')
    expect(({} as Data)['x']).toBeUndefined()
  })

  it('F15 refuses a value that is nested deeper than anything means', async () => {
    const supergraph = composeTestSupergraph({ a: `${LINK} scalar Json type Query { json: Json }` })
    const planner = createPlanner(supergraph, { isolation: 'inline' })
    const operation = authorizeAll('{ json }')
    const send = async (): Promise<SubgraphAnswer> => ({ data: { json: JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown }, errors: [] })
    const outcome = await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map([['a', { send, close: async () => {} }]]) })
    expect(outcome.data).toEqual({ json: null })
    expect(outcome.errors).toEqual([invalid('a', ['json'])])
  })

  it('T44 one answer that cannot be made does not touch another', async () => {
    const broken = run('{ people { name } }', 'a', () => {
      throw new Error('boom')
    })
    const fine = run('{ people { name } }', 'b', (data) => data)
    await expect(broken).resolves.toMatchObject({ data: { people: null }, errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'a' } }] })
    await expect(fine).resolves.toMatchObject({ data: { people: [{ name: 'Ada' }, { name: 'Bob' }] }, errors: [] })
  })
})

describe('what is denied', () => {
  it('is null in the client\'s order, with an error, and is not asked for', async () => {
    const person = SUPERGRAPH.apiSchema.getType('Person') as GraphQLObjectType
    const field = (key: string, denied: boolean): never => ({ kind: 'field', key, name: key, type: person.getFields()[key]?.type, when: [], denied, selections: undefined }) as never
    const query = SUPERGRAPH.apiSchema.getQueryType()?.getFields()['people']
    const operation = authorizeAll('{ people { age name } }', {}, {
      allowed: '{ people { name } }',
      denied: [{ coordinate: 'Person.age', path: ['people', '@', 'age'] }],
      shape: [{ kind: 'field', key: 'people', name: 'people', type: query?.type as never, when: [], denied: false, selections: [field('age', true), field('name', false)] }],
    })
    const transports = new Map([['a', new RecordingTransport(a)], ['b', new RecordingTransport(b)]])
    const outcome = await execute(await PLANNER.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
    expect(JSON.parse(outcome.text)).toEqual({
      errors: [{ message: 'not authorized for Person.age', path: ['people', '@', 'age'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }],
      data: { people: [{ age: null, name: 'Ada' }, { age: null, name: 'Bob' }] },
    })
    expect(transports.get('b')?.requests).toEqual([])
  })
})
