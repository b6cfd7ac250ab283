import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh({ settings: {
    traffic: { subgraphs: { billing: { maxRequestBytes: 1_024 }, support: { maxResponseBytes: 1_024 }, marketing: { timeoutMs: 1, retries: 0 } } },
    protection: { maxCostBySubgraph: { sales: 200 } },
  } })
}, 120_000)
afterAll(async () => await mesh[Symbol.asyncDispose]())

/** A filter that makes a request long. */
const KEYS = Array.from({ length: 300 }, (_, index) => 1_000 + index)

const QUERY = `query ($keys: [Int!]) {
  sales { customers(first: 20) { nodes { customerId } } }
  billing { customers(where: { customerId: { in: $keys } }, first: 1) { nodes { customerId } } }
  support { customers(first: 100) { nodes { customerId } } }
  marketing { customers(first: 100) { nodes { customerId } } }
}`

describe('bounds for one domain by name', () => {
  it('hold for that domain: its fields are missing, each with the reason, and the others are whole', async () => {
    const { status, data, errors } = await mesh.ask(QUERY, { as: 'analyst', variables: { keys: KEYS } })
    expect(status).toBe(200)
    expect(data?.['sales']).toMatchObject({ customers: { nodes: { length: 20 } } })
    expect([data?.['billing'], data?.['support'], data?.['marketing']]).toEqual([null, null, null])
    expect(new Map(errors.map(({ extensions }) => [extensions?.['subgraph'], extensions?.['code']]))).toEqual(new Map([
      ['billing', 'OPERATION_LIMIT_EXCEEDED'],
      ['support', 'SUBGRAPH_RESPONSE_INVALID'],
      ['marketing', 'SUBGRAPH_TIMEOUT'],
    ]))
    expect(errors.find(({ extensions }) => extensions?.['subgraph'] === 'billing')?.message).toMatch(/needs a request of \d+ bytes to the domain "billing"; at most 1024 are allowed/)
  })

  it('of cost are judged before anybody is asked', async () => {
    const { status, errors } = await mesh.ask('{ sales { customers(first: 500) { nodes { name } } } }', { as: 'analyst' })
    expect(status).toBe(400)
    expect(errors[0]?.message).toMatch(/^The operation in the domain "sales" has an estimated cost of \d+; at most 200 is allowed/)
  })
})
