import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh()
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

const AGES = '{ support { tickets(first: 3) { nodes { ticketId ageInDays(asOf: "2026-11-01T00:00:00Z") } } } }'
const ACROSS = '{ sales { customers(first: 20, orderBy: [{ customerId: ASC }]) { nodes { asSupportCustomer { customerId isActiveUser(asOf: "2026-11-01T00:00:00Z") activeUser } } } } }'
const PRODUCTS = '{ sales { _products { urn promises { state measured } } } support { _products { urn owner promises { id state reason } } } }'

interface Sales {
  readonly sales: { readonly customers: { readonly nodes: readonly { readonly asSupportCustomer: readonly { readonly activeUser: boolean; readonly isActiveUser: boolean }[] }[] } }
}

describe('a domain\'s own fields, through the gateway', () => {
  it('stand in the graph and are answered by the domain', async () => {
    const { data, errors } = await mesh.ask(AGES, { as: 'support-agent' })
    expect(errors).toEqual([])
    expect(data).toEqual({ support: { tickets: { nodes: Array.from({ length: 3 }, () => ({ ticketId: expect.any(Number), ageInDays: expect.any(Number) })) } } })
  })

  it('are answered for a counterpart in another domain', async () => {
    const { data, errors } = await mesh.ask(ACROSS, { as: 'support-agent' })
    expect(errors).toEqual([])
    const persons = (data as unknown as Sales).sales.customers.nodes.flatMap(({ asSupportCustomer }) => asSupportCustomer)
    expect(persons.length).toBeGreaterThan(10)
    expect(persons.map(({ isActiveUser }) => isActiveUser)).toEqual(persons.map(({ activeUser }) => activeUser))
  })

  it('have the protection of their type', async () => {
    const { data, errors } = await mesh.ask(AGES, { as: 'billing-clerk' })
    expect(JSON.stringify(data)).not.toContain('ageInDays')
    expect(errors.map(({ extensions }) => extensions?.['code'])).toContain('UNAUTHORIZED_FIELD_OR_TYPE')
  })
})

describe('what domains tell of their products, through the gateway', () => {
  it('is there for everyone with a token, without numbers for whoever may not read', async () => {
    const { data, errors } = await mesh.ask(PRODUCTS, { as: 'nobody' })
    expect(errors).toEqual([])
    const { sales, support } = data as unknown as Record<'sales' | 'support', { _products: readonly { urn: string; owner?: string; promises: readonly { id?: string; state: string; reason?: string; measured?: unknown }[] }[] }>
    expect(sales._products.map(({ urn }) => urn)).toEqual(['urn:dataproduct:sales:customers:1', 'urn:dataproduct:sales:leads:1', 'urn:dataproduct:sales:orders:1'])
    expect(sales._products.flatMap(({ promises }) => promises.map(({ measured }) => measured))).not.toContainEqual(expect.any(Number))
    expect(support._products[0]?.owner).toBe('Hannah Kim')
    expect(support._products[0]?.promises).toContainEqual({ id: 'sla/availability', state: 'NOT_RUN', reason: 'availability is measured where calls are answered, not on rows' })
  })

  it('is not there without a token', async () => {
    const { data } = await mesh.ask(PRODUCTS)
    expect(JSON.stringify(data ?? null)).not.toContain('urn:dataproduct')
  })
})
