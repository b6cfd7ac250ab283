import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leastCpuMsAsync } from '../testkit/cpu-time.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { askGraphql, type GatewayMesh, type MeshAnswer } from '../testkit/gateway-mesh.ts'

let mesh: GatewayMesh
let token: string

beforeAll(async () => {
  mesh = await startDemoMesh()
  token = await mesh.token('analyst')
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

async function ask(body: unknown): Promise<MeshAnswer> {
  return await askGraphql(`${mesh.url}/graphql`, body, token)
}

/** Processor time of client and gateway together, which run in one thread here. */
async function cpuMsOf(query: string): Promise<number> {
  return await leastCpuMsAsync(async () => await ask({ query }), 5)
}

const times = (count: number, text: (index: number) => string): string => Array.from({ length: count }, (_, index) => text(index)).join(' ')

/** Each fragment spreads the next one twice: 2^n fields. */
const EXPONENTIAL = `{ ...f0 } ${times(30, (n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`)} fragment f30 on Query { __typename }`

/** Nested lists of the same records: what the planner has to follow multiplies with each level. */
const NESTED = (depth: number): string => `{ sales { customers { nodes { ${'orders { nodes { customer { '.repeat(depth)} name ${'} } }'.repeat(depth)} } } } }`

const HOSTILE: readonly { readonly id: string; readonly what: string; readonly query: string; readonly codes: readonly string[] }[] = [
  { id: 'G01', what: '5,000 aliases', query: `{ ${times(5_000, (n) => `a${n}: __typename`)} }`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G03', what: 'depth 100', query: NESTED(33), codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G03', what: 'depth 3,000', query: `${'{a'.repeat(3_000)}${'}'.repeat(3_000)}`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G03', what: 'depth 20,000', query: `${'{a'.repeat(20_000)}${'}'.repeat(20_000)}`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G04', what: 'a fragment cycle', query: '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }', codes: ['GRAPHQL_VALIDATION_FAILED'] },
  { id: 'G05', what: 'exponential fragments', query: EXPONENTIAL, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G08', what: '5,000 directives', query: `{ __typename ${times(5_000, () => '@include(if: true)')} }`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G10', what: '100,000 tokens', query: `{ ${'a '.repeat(100_000)} }`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G13', what: 'overlapping fields that multiply', query: `{ ${times(200, () => 'sales { customers { nodes { name } } }')} }`, codes: ['OPERATION_LIMIT_EXCEEDED'] },
  { id: 'G37', what: 'a page of 2³¹ − 1 inside another', query: '{ sales { customers(first: 2147483647) { nodes { orders(first: 2147483647) { nodes { orderId } } } } } }', codes: ['OPERATION_LIMIT_EXCEEDED', 'BAD_USER_INPUT'] },
  { id: 'G39', what: 'an Int of 2³¹', query: '{ sales { customers(first: 2147483648) { nodes { name } } } }', codes: ['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'] },
  { id: 'G43', what: 'a query named __schema', query: 'query __schema { __typename } { __typename }', codes: ['GRAPHQL_VALIDATION_FAILED'] },
  { id: 'F02', what: '_entities', query: '{ _entities(representations: []) { __typename } }', codes: ['GRAPHQL_VALIDATION_FAILED'] },
  { id: 'F02', what: '_service', query: '{ _service { sdl } }', codes: ['GRAPHQL_VALIDATION_FAILED'] },
]

describe('a hostile document over HTTP', () => {
  it.each(HOSTILE)('$id $what: refused with a word, at once', async ({ query, codes }) => {
    const { status, data, errors } = await ask({ query })
    // A refused value inside a document that is otherwise good may be an error beside null.
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.length).toBeLessThanOrEqual(50)
    expect(codes).toContain(errors[0]?.extensions?.['code'])
    if (status !== 400) expect({ status, data: JSON.stringify(data) }).toMatchObject({ status: 200, data: expect.not.stringContaining('nodes') })
    expect(JSON.stringify(errors)).not.toMatch(/\/gateway\/|node_modules|at \w+ \(|127\.0\.0\.1/)
    expect(await cpuMsOf(query)).toBeLessThan(100)
  })

  it('G06 a bomb for the planner of 600 bytes never holds the others up', async () => {
    const bomb = `{ ...a } fragment a on Query { ${times(8, (n) => `x${n}: sales { ...s }`)} } fragment s on SalesQuery { ${times(6, (n) => `c${n}: customers { nodes { ...c } }`)} } fragment c on SalesCustomer { asBillingCustomer { concept { id } } asSupportCustomer { concept { id } } name }`
    expect(bomb.length).toBeLessThan(700)
    const small = (): Promise<MeshAnswer> => ask({ query: '{ __typename }' })
    const [hostile, ...others] = await Promise.all([ask({ query: bomb }), ...Array.from({ length: 20 }, small)])
    expect(others.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect([200, 400]).toContain(hostile.status)
  })

  it('G12 100,000 bad items in a list: at most 50 errors', async () => {
    const query = 'query Q($in: [Int!]!) { sales { customers(where: { customerId: { in: $in } }) { nodes { name } } } }'
    const answer = await ask({ query, variables: { in: Array.from({ length: 100_000 }, () => 'x') } })
    expect(answer.status).toBe(400)
    expect(answer.errors.length).toBeLessThanOrEqual(50)
  })

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])('G14 the name %s as alias, variable, operation and key of variables pollutes nothing', async (name) => {
    const answers = [
      await ask({ query: `{ ${name}: __typename }` }),
      await ask({ query: `query ($${name}: Int = 1) { sales { customers(first: $${name}) { nodes { customerId } } } }` }),
      await ask(`{"query":"{ __typename }","variables":{"${name}":{"polluted":true}},"${name}":{"polluted":true}}`),
      await askGraphql(`${mesh.url}/graphql`, JSON.parse(`{"query":"query ($w: SalesCustomerWhere) { sales { customers(first: 1, where: $w) { nodes { name } } } }","variables":{"w":{"${name}":{"polluted":true}}}}`), token),
    ]
    for (const { status, data, errors } of answers) {
      expect([200, 400]).toContain(status)
      if (status === 200 && errors.length === 0 && data !== null && data !== undefined) expect(Object.keys(data)).toHaveLength(1)
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('G16 a wrong name is answered without proposals in production', async () => {
    await using production = await startDemoMesh({ environment: 'production' })
    const { errors } = await production.ask('{ salez { __typename } }', { as: 'analyst' })
    expect(errors[0]?.extensions?.['code']).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(JSON.stringify(errors)).not.toMatch(/did you mean|sales/i)
  })

  it.each([-1, 0.5, '10', null, 1e10])('G38 a page size of %j is refused or clamped, never obeyed', async (first) => {
    const { status, errors, data } = await ask({ query: 'query Q($first: Int) { sales { customers(first: $first) { nodes { customerId } } } }', variables: { first } })
    const nodes = (data?.['sales'] as { customers?: { nodes: unknown[] } } | null | undefined)?.customers?.nodes ?? []
    if (errors.length === 0) expect(nodes.length).toBeLessThanOrEqual(1000)
    else expect(['BAD_USER_INPUT', 'OPERATION_LIMIT_EXCEEDED', 'GRAPHQL_VALIDATION_FAILED']).toContain(errors[0]?.extensions?.['code'])
    expect([200, 400]).toContain(status)
  })

  it('T44 one failure among many questions stays one failure', async () => {
    const good = '{ sales { customers(first: 1) { nodes { name } } } }'
    const answers = await Promise.all(Array.from({ length: 30 }, async (_, index) => await ask({ query: index % 3 === 0 ? EXPONENTIAL : good })))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 400 : 200)))
  })
})
