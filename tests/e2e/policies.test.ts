import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh()
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

const CONTACTS = '{ support { customers(first: 5, orderBy: [{ customerId: ASC }]) { nodes { customerId email } } } }'

interface Contacts {
  readonly support: { readonly customers: { readonly nodes: readonly { readonly customerId: number; readonly email: string }[] } }
}

async function emailsFor(persona: string): Promise<readonly string[]> {
  const { data, errors } = await mesh.ask(CONTACTS, { as: persona })
  expect(errors).toEqual([])
  return (data as unknown as Contacts).support.customers.nodes.map(({ email }) => email)
}

describe('the demo\'s policies, through the gateway', () => {
  it('show whole addresses to an agent and only their shape to an analyst', async () => {
    const clear = await emailsFor('support-agent')
    const masked = await emailsFor('analyst')
    expect(clear.every((email) => /^[^•]+@[^•]+$/.test(email))).toBe(true)
    expect(masked).toEqual(clear.map((email) => email.replace(/^(.).*@.*(\.[^.]+)$/u, '$1•••@•••$2')))
  })

  it.each([
    ['M01 an alias', '{ support { customers(first: 1) { nodes { open: email } } } }', (data: string) => data.includes('•••')],
  ])('%s of a masked field is masked', async (_name, query, isMasked) => {
    const { data } = await mesh.ask(query, { as: 'analyst' })
    expect(isMasked(JSON.stringify(data))).toBe(true)
  })

  it.each([
    ['M02 a filter', '{ support { customers(first: 1, where: { email: { startsWith: "a" } }) { totalCount } } }'],
    ['M02 a filter in a variable', 'query ($where: SupportCustomerWhere) { support { customers(first: 1, where: $where) { totalCount } } }'],
    ['M03 a sort', '{ support { customers(first: 1, orderBy: [{ email: ASC }]) { nodes { customerId } } } }'],
    ['M02 a filter through a relationship', '{ support { tickets(first: 1, where: { customer: { email: { startsWith: "a" } } }) { totalCount } } }'],
  ])('%s on a masked field is refused', async (_name, query) => {
    const { status, data, errors } = await mesh.ask(query, { as: 'analyst', variables: { where: { email: { startsWith: 'a' } } } })
    expect(status).toBe(400)
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['FIELD_NOT_CLEAR'])
    expect(JSON.stringify(data)).not.toMatch(/\d/)
  })

  it('let nobody ask for access for a purpose that the vocabulary does not have', async () => {
    const request = (purpose: string): string => `mutation { requestAccess(request: { product: "billing/invoices", consumer: "bi", purpose: "${purpose}", useCase: "Find payers that exist twice.", until: "${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}" }) { state purpose } }`
    const refused = await mesh.ask(request('zzz'), { as: 'analyst' })
    expect(refused.errors).toMatchObject([{ message: expect.stringContaining('no purpose "zzz"; it has reporting, support, fraud-prevention, marketing') as string, extensions: { code: 'BAD_USER_INPUT' } }])
    expect((await mesh.ask(request('reporting'), { as: 'analyst' })).data).toEqual({ requestAccess: { state: 'requested', purpose: 'reporting' } })
  })

  it('M15 a masked address still joins inside, and is not told in clear by the join', async () => {
    const query = '{ support { customers(first: 200, orderBy: [{ customerId: ASC }]) { nodes { customerId email asMarketingCustomer { customerId } } } } }'
    const linksFor = async (persona: string): Promise<readonly unknown[]> => {
      const { data, errors } = await mesh.ask(query, { as: persona })
      expect(errors).toEqual([])
      const { nodes } = (data as { support: { customers: { nodes: readonly { email: string | null; asMarketingCustomer: unknown }[] } } }).support.customers
      if (persona === 'analyst') expect(nodes.filter(({ email }) => email !== null && !email.includes('•••'))).toEqual([])
      return nodes.map(({ asMarketingCustomer }) => asMarketingCustomer)
    }
    const masked = await linksFor('analyst')
    expect(masked).toEqual(await linksFor('steward'))
    expect(masked.some((link) => Array.isArray(link) ? link.length > 0 : link !== null)).toBe(true)
  })

  it.each(['abc', 'e30=', 'A'.repeat(5_000)])('M09 a cursor that somebody made up is answered with 400: %#', async (after) => {
    const { status, errors } = await mesh.ask('query ($after: String) { sales { customers(first: 1, after: $after) { nodes { name } } } }', { as: 'analyst', variables: { after } })
    expect(status).toBe(400)
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['CURSOR_INVALID'])
  })
})
