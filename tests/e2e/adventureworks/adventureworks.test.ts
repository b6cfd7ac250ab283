import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayMesh } from '../../testkit/gateway-mesh.ts'
import { findSharedData } from '../../testkit/shared-data.ts'
import { queryTables, READER, startAdventureWorksMesh } from './adventureworks-mesh.ts'

const tables = findSharedData('adventureworks')

/** Every node of a list below a domain, page by page, as the reader sees it. */
async function readAll<Node>(mesh: GatewayMesh, domain: string, list: string, fields: string): Promise<readonly Node[]> {
  const nodes: Node[] = []
  let after: string | null = null
  do {
    const { status, data, errors } = await mesh.ask(`query Page($after: String) { ${domain} { ${list}(first: 500, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } } }`, { as: READER, variables: { after } })
    expect({ status, errors }).toEqual({ status: 200, errors: [] })
    const page = (data as Record<string, Record<string, { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string } }>>)[domain]?.[list]
    if (page === undefined) throw new Error(`no ${domain}.${list} in the answer`)
    nodes.push(...page.nodes)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
  return nodes
}

interface Account {
  readonly customerId: number
  readonly personId: number | null
  readonly storeId: number | null
  readonly asWarehouseReseller: { readonly resellerKey: number } | null
  readonly asPersonEmailAddress: { readonly businessEntityId: number } | null
}

interface Reseller {
  readonly resellerKey: number
  readonly resellerAlternateKey: string
  readonly resellerName: string
  readonly asSalesCustomer: { readonly customerId: number; readonly accountNumber: string; readonly personId: number | null; readonly storeId: number } | null
  readonly asSalesStore: { readonly businessEntityId: number; readonly name: string; readonly customers: { readonly nodes: readonly { readonly customerId: number; readonly asWarehouseReseller: { readonly resellerKey: number } | null }[] } } | null
}

const WHY_NOT = 'the AdventureWorks tables are on no path of this machine: set POLYSEME_SHARED_DATA to a folder that holds adventureworks/*.csv'

describe.skipIf(tables === undefined)(tables === undefined ? `AdventureWorks (skipped: ${WHY_NOT})` : 'AdventureWorks', () => {
  let mesh: GatewayMesh

  beforeAll(async () => {
    mesh = await startAdventureWorksMesh(tables ?? '')
  })

  afterAll(async () => await mesh[Symbol.asyncDispose]())

  const sqlNumber = async (sql: string): Promise<number> => Number(Object.values((await queryTables(mesh.sourceDir, sql))[0] ?? {})[0])

  describe('warehouse Reseller and sales Store are one organisation under two words', () => {
    let resellers: readonly Reseller[]

    beforeAll(async () => {
      resellers = await readAll<Reseller>(mesh, 'warehouse', 'resellers', `
        resellerKey resellerAlternateKey resellerName
        asSalesCustomer { customerId accountNumber personId storeId }
        asSalesStore { businessEntityId name customers { nodes { customerId asWarehouseReseller { resellerKey } } } }`)
    })

    test('all 701 resellers have exactly one account by its number, and it is the store\'s own', () => {
      expect(resellers.length).toBe(701)
      expect(resellers.filter((reseller) => reseller.asSalesCustomer?.accountNumber === reseller.resellerAlternateKey).length).toBe(701)
      expect(resellers.filter((reseller) => reseller.asSalesCustomer?.personId === null).length).toBe(701)
      expect(new Set(resellers.map((reseller) => reseller.asSalesCustomer?.customerId)).size).toBe(701)
    })

    test('each is one store, which has two accounts in 635 cases and one in 66', () => {
      expect(resellers.filter((reseller) => reseller.asSalesStore?.businessEntityId === reseller.asSalesCustomer?.storeId).length).toBe(701)
      const accounts = resellers.map((reseller) => reseller.asSalesStore?.customers.nodes.length)
      expect([accounts.filter((count) => count === 2).length, accounts.filter((count) => count === 1).length]).toEqual([635, 66])
    })

    test('of a store\'s accounts only its own leads back to the reseller', () => {
      for (const { resellerKey, asSalesCustomer, asSalesStore } of resellers) {
        const back = asSalesStore?.customers.nodes.filter((account) => account.asWarehouseReseller !== null)
        expect(back).toEqual([{ customerId: asSalesCustomer?.customerId, asWarehouseReseller: { resellerKey } }])
      }
    })

    test('names alone would not have linked them: two stores share one, some are spelled differently', () => {
      expect(new Set(resellers.map((reseller) => reseller.resellerName)).size).toBeLessThan(701)
      expect(resellers.filter((reseller) => reseller.resellerName !== reseller.asSalesStore?.name).length).toBeGreaterThan(0)
    })
  })

  test('none of the 2,059 prospects is a person whom we know: no counterpart, and no error', async () => {
    const leads = await readAll<{ prospectiveBuyerKey: number; asPersonEmailAddress: unknown }>(mesh, 'marketing', 'leads', 'prospectiveBuyerKey asPersonEmailAddress { businessEntityId }')
    expect(leads.length).toBe(2059)
    expect(leads.filter((lead) => lead.asPersonEmailAddress !== null)).toEqual([])
  })

  test('an account leads to its person by person id, and its own number means nothing there', async () => {
    const accounts = await readAll<Account>(mesh, 'sales', 'customers', 'customerId personId storeId asWarehouseReseller { resellerKey } asPersonEmailAddress { businessEntityId }')
    expect(accounts.length).toBe(19_820)
    expect(accounts.filter((account) => (account.asPersonEmailAddress?.businessEntityId ?? null) !== account.personId)).toEqual([])
    expect(accounts.filter((account) => account.asPersonEmailAddress !== null).length).toBe(19_119)
    const known = await sqlNumber('SELECT count(*) FROM sales_customer c JOIN person_email_address e ON e.business_entity_id = c.customer_id')
    expect(known).toBe(10_274)
    expect(accounts.filter((account) => account.asPersonEmailAddress?.businessEntityId === account.customerId).length).toBe(await sqlNumber('SELECT count(*) FROM sales_customer WHERE person_id = customer_id'))
    expect(accounts.filter((account) => account.storeId !== null).length).toBe(1_336)
    expect(accounts.filter((account) => account.asWarehouseReseller !== null).length).toBe(701)
  })

  test('all 17 sales persons are persons, since both are numbered in one declared id space', async () => {
    const sellers = await readAll<{ businessEntityId: number; asPersonEmailAddress: { businessEntityId: number; emailAddress: string } | null }>(mesh, 'sales', 'salesPeople', 'businessEntityId asPersonEmailAddress { businessEntityId emailAddress }')
    expect(sellers.length).toBe(17)
    expect(sellers.filter((seller) => seller.asPersonEmailAddress?.businessEntityId === seller.businessEntityId && seller.asPersonEmailAddress.emailAddress.endsWith('@adventure-works.com')).length).toBe(17)
  })

  test('a vendor has an account number too, and no way to any customer', async () => {
    const { status, errors } = await mesh.ask('{ purchasing { vendors(first: 1) { nodes { accountNumber asSalesCustomer { customerId } } } } }', { as: READER })
    expect(status).toBe(400)
    expect(errors[0]?.extensions?.['code']).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  test('a country is one code in three languages', async () => {
    const places = await readAll<Record<string, string>>(mesh, 'warehouse', 'geographies', 'countryRegionCode englishCountryRegionName standardCountryOfEnglishCountryRegionName standardCountryOfSpanishCountryRegionName standardCountryOfFrenchCountryRegionName standardCountryOfCountryRegionCode')
    expect(places.length).toBe(655)
    for (const place of places) {
      const code = place['countryRegionCode']
      expect([place['standardCountryOfEnglishCountryRegionName'], place['standardCountryOfSpanishCountryRegionName'], place['standardCountryOfFrenchCountryRegionName'], place['standardCountryOfCountryRegionCode']]).toEqual([code, code, code, code])
    }
  })

  test('sums over purchase orders are the tables\' own', async () => {
    const { data, errors } = await mesh.ask('{ purchasing { purchaseOrdersAggregate { count sum { totalDue } } } }', { as: READER })
    expect(errors).toEqual([])
    const [answered] = (data as { purchasing: { purchaseOrdersAggregate: readonly { count: number; sum: { totalDue: string } }[] } }).purchasing.purchaseOrdersAggregate
    expect([answered?.count, Number(answered?.sum.totalDue)]).toEqual([4012, await sqlNumber('SELECT sum(total_due::DECIMAL(19, 4)) FROM purchasing_purchase_order_header')])
  })

  test('who may not read the warehouse sees an account without counterpart and is told that the field is denied', async () => {
    const { status, data, errors } = await mesh.ask('{ sales { customerByKey(customerId: 1) { accountNumber asWarehouseReseller { resellerKey } } } }', { as: { ...READER, scopes: ['sales:read'] } })
    expect(status).toBe(200)
    expect(data).toEqual({ sales: { customerByKey: { accountNumber: 'AW00000001', asWarehouseReseller: null } } })
    expect(errors.map((error) => error.extensions?.['code'])).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })
})
