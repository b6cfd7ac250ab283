import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { at, Shop, type ShopCall } from '../../testkit/shop-domain.ts'

let server: PostgresServer
const shops = new Map<string, Shop>()

beforeAll(async () => {
  server = await startPostgres()
  shops.set('DuckDB', await Shop.inFiles())
  shops.set('PostgreSQL', await Shop.inPostgres(server))
})

afterAll(async () => {
  for (const shop of shops.values()) await shop[Symbol.asyncDispose]()
  await server.stop()
})

const masked: ShopCall = { masks: { 'ShopCustomer.email': { kind: 'partial' } } }

describe.each(['DuckDB', 'PostgreSQL'])('rights on %s', (engine) => {
  const shop = (): Shop => {
    const found = shops.get(engine)
    if (found === undefined) throw new TypeError(engine)
    return found
  }

  describe('row filters', () => {
    const emea: ShopCall = { scopes: ['shop:read'], claims: { regions: ['EMEA'] } }

    it('M06 M11 a caller without the claim sees no row, and totals and aggregates say so', async () => {
      const query = `{ shop { customers { totalCount nodes { name } pageInfo { hasNextPage } } customersAggregate { count sum { customerId } } customerByKey(customerId: 0) { name } } }`
      const answer = await shop().ask(query, { call: { scopes: ['shop:read'] } })
      expect(answer).toMatchObject({
        errors: [],
        data: { shop: { customers: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } }, customersAggregate: [{ count: 0, sum: { customerId: null } }], customerByKey: null } },
      })
    })

    it.each([
      ['null', null], ['an empty list', []], ['an object', { EMEA: true }], ['nested lists', [['EMEA']]], ['another case', 'emea'], ['a pattern', '%'], ['__proto__', '__proto__'],
    ])('M11 a claim that is %s gives no rows', async (_name, regions) => {
      const answer = await shop().ask('{ shop { customers { totalCount } } }', { call: { scopes: ['shop:read'], claims: { regions } } })
      expect(at(answer.data, 'shop.customers.totalCount')).toBe(0)
    })

    it('M12 a claim with SQL in it is a value like any other', async () => {
      const answer = await shop().ask('{ shop { customers { totalCount } } }', { call: { scopes: ['shop:read'], claims: { regions: ["EMEA') OR TRUE --", 'EMEA'] } } })
      expect(at(answer.data, 'shop.customers.totalCount')).toBe(10)
    })

    it('M06 one claim value counts, pages, aggregates and finds by key only its rows', async () => {
      const query = `query ($r: [_Any!]!) {
        shop { customers(first: 2) { totalCount nodes { region } } customersAggregate(groupBy: [{ field: region }]) { group { region } count } mine: customerByKey(customerId: 0) { name } other: customerByKey(customerId: 1) { name } }
        _entities(representations: $r) { ... on ShopCustomer { name } } }`
      const r = [0, 1, 3].map((customerId) => ({ __typename: 'ShopCustomer', customerId }))
      const answer = await shop().ask(query, { call: emea, variables: { r } })
      expect(answer.data).toEqual({
        shop: {
          customers: { totalCount: 10, nodes: [{ region: 'EMEA' }, { region: 'EMEA' }] },
          customersAggregate: [{ group: { region: 'EMEA' }, count: 10 }],
          mine: { name: 'Customer 0' },
          other: null,
        },
        _entities: [{ name: 'Customer 0' }, null, { name: 'Customer 3' }],
      })
    })

    it('hides rows behind relationships, and filters through them cannot feel them out', async () => {
      const query = `{ shop { orders(first: 2, where: { customerId: { in: [0, 1] } }) { nodes { orderId customer { name } } }
        hidden: orders(where: { customer: { name: { eq: "Customer 1" } } }) { totalCount } seen: orders(where: { customer: { name: { eq: "Customer 0" } } }) { totalCount } } }`
      const answer = await shop().ask(query, { call: emea })
      expect(at(answer.data, 'shop')).toEqual({
        orders: { nodes: [{ orderId: 0, customer: { name: 'Customer 0' } }, { orderId: 1, customer: null }] },
        hidden: { totalCount: 0 },
        seen: { totalCount: 4 },
      })
    })

    it('M06 M11 M12 a policy\'s row filter holds beside the contract\'s: in pages, totals, aggregates, keys, relationships and cursors', async () => {
      const left = (values: unknown, more: ShopCall = {}): ShopCall => ({ ...emea, ...more, claims: { regions: ['EMEA', 'APAC'], names: values }, rowRestrictions: { ShopCustomer: [{ anyOf: [{ field: 'name', claim: 'names' }, { field: 'email', claim: 'mails' }] }] } })
      const query = `{ shop { customers { totalCount nodes { name } } customersAggregate { count } mine: customerByKey(customerId: 0) { name } other: customerByKey(customerId: 3) { name }
        orders(first: 2, where: { customerId: { in: [0, 3] } }) { nodes { customer { name } } } felt: orders(where: { customer: { name: { eq: "Customer 3" } } }) { totalCount } } }`
      const seen = (names: readonly string[]): object => ({
        customers: { totalCount: names.length, nodes: names.map((name) => ({ name })) }, customersAggregate: [{ count: names.length }],
        mine: names.length === 0 ? null : { name: 'Customer 0' }, other: null, orders: { nodes: [{ customer: names.length === 0 ? null : { name: 'Customer 0' } }, { customer: null }] }, felt: { totalCount: 0 },
      })
      // Customer 2 is of AMER, which the contract's filter leaves out.
      expect(at((await shop().ask(query, { call: left(['Customer 0', 'Customer 2']) })).data, 'shop')).toEqual(seen(['Customer 0']))
      for (const none of [undefined, null, [], {}, "x') OR TRUE --"]) expect(at((await shop().ask(query, { call: left(none) })).data, 'shop')).toEqual(seen([]))
      const gone: ShopCall = { rowRestrictions: { ShopCustomer: [{ anyOf: [{ field: 'noLonger', claim: 'names' }] }] } }
      expect(at((await shop().ask(query, { call: gone })).data, 'shop')).toEqual(seen([]))
      const page = '{ shop { customers(first: 1) { pageInfo { endCursor } } } }'
      const cursor = at((await shop().ask(page, { call: left(['Customer 0', 'Customer 1']) })).data, 'shop.customers.pageInfo.endCursor')
      const next = `{ shop { customers(first: 1, after: ${JSON.stringify(cursor)}) { nodes { name } } } }`
      expect(at((await shop().ask(next, { call: left(['Customer 0', 'Customer 1']) })).data, 'shop.customers.nodes.0.name')).toBe('Customer 1')
      expect((await shop().ask(next, { call: left(['Customer 1']) })).errors).toMatchObject([{ code: 'CURSOR_INVALID' }])
    })

    it('a caller with an exempting scope sees all rows', async () => {
      const answer = await shop().ask('{ shop { customers { totalCount } } }', { call: { scopes: ['shop:read', 'shop:all-regions'] } })
      expect(at(answer.data, 'shop.customers.totalCount')).toBe(30)
    })
  })

  describe('masks', () => {
    it('M01 masks under every alias, by key, as entity and behind relationships', async () => {
      const query = `query ($r: [_Any!]!) {
        shop { customers(first: 1) { nodes { email x: email } } customerByKey(customerId: 2) { y: email } orders(first: 1) { nodes { customer { email } } } }
        _entities(representations: $r) { ... on ShopCustomer { email } } }`
      const answer = await shop().ask(query, { call: masked, variables: { r: [{ __typename: 'ShopCustomer', customerId: 0 }] } })
      expect(answer.data).toEqual({
        shop: {
          customers: { nodes: [{ email: 'u•••@•••.com', x: 'u•••@•••.com' }] },
          customerByKey: { y: 'u•••@•••.com' },
          orders: { nodes: [{ customer: { email: 'u•••@•••.com' } }] },
        },
        _entities: [{ email: 'u•••@•••.com' }],
      })
    })

    it('M15 an entity can be found by a key that is shown masked', async () => {
      const r = [{ __typename: 'ShopCustomer', email: 'user3@example.com' }]
      const answer = await shop().ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on ShopCustomer { customerId email } } }', { call: masked, variables: { r } })
      expect(answer.data?.['_entities']).toEqual([{ customerId: 3, email: 'u•••@•••.com' }])
    })

    it.each([
      ['M02 a filter', 'customers(where: { email: { eq: "user1@example.com" } }) { totalCount }'],
      ['M02 a filter inside and, or, not', 'customers(where: { or: [{ not: { and: [{ email: { isNull: true } }] } }] }) { totalCount }'],
      ['M05 a filter through a relationship', 'orders(where: { customer: { email: { startsWith: "u" } } }) { totalCount }'],
      ['M03 an order', 'customers(orderBy: [{ region: ASC }, { email: DESC }]) { nodes { name } }'],
      ['M03 an order of groups', 'customersAggregate(groupBy: [{ field: region }], orderBy: [{ max: { email: ASC } }]) { count }'],
      ['M04 a group', 'customersAggregate(groupBy: [{ field: email }]) { count }'],
      ['M04 a minimum', 'customersAggregate { min { email } }'],
      ['M04 a maximum', 'customersAggregate { max { email } }'],
      ['M04 a number of different values', 'customersAggregate { countDistinct { email } }'],
      ['M04 a condition on groups', 'customersAggregate(having: { countDistinct: { email: { gt: 1 } } }) { count }'],
    ])('%s on a masked field is refused', async (_name, field) => {
      const answer = await shop().ask(`{ shop { ${field} } }`, { call: masked })
      expect(answer.errors.map((error) => error.code)).toEqual(['FIELD_NOT_CLEAR'])
      expect(answer.errors[0]?.message).toContain('ShopCustomer.email')
      expect(answer.statements).toEqual([])
    })

    it.each([
      ['null', { kind: 'null' }, null, null, null],
      ['a constant', { kind: 'constant', value: "it's hidden" }, "it's hidden", null, null],
      ['part of it', { kind: 'partial' }, 'u•••@•••.com', null, null],
      ['its year', { kind: 'year' }, null, '1951-01-01', null],
      ['its range', { kind: 'range', step: 100 }, null, null, '0.0000'],
    ] as const)('shows %s, and nothing where that makes no sense', async (_name, mask, email, born, credit) => {
      const masks = { 'ShopCustomer.email': mask, 'ShopCustomer.born': mask, 'ShopCustomer.credit': mask }
      const answer = await shop().ask('{ shop { customerByKey(customerId: 1) { name email born credit } } }', { call: { masks } })
      expect(at(answer.data, 'shop.customerByKey')).toEqual({ name: 'Customer 1', email, born, credit })
    })

    it('shows a keyed hash that is the same for the same value and key, and nothing without a key', async () => {
      const hashOf = async (maskKey: string | undefined): Promise<unknown> => {
        const call: ShopCall = { masks: { 'ShopCustomer.email': { kind: 'hash' } }, ...(maskKey === undefined ? {} : { maskKey }) }
        return at((await shop().ask('{ shop { customerByKey(customerId: 1) { email } } }', { call })).data, 'shop.customerByKey.email')
      }
      const first = await hashOf('a2V5')
      expect(first).toMatch(/^[0-9a-f]{32}$/)
      expect(await hashOf('a2V5')).toBe(first)
      expect(await hashOf('b3RoZXI')).not.toBe(first)
      expect(await hashOf(undefined)).toBeNull()
    })

    it('M13 pages, single rows, entities and related rows show the same masked value', async () => {
      const call: ShopCall = { masks: { 'ShopCustomer.email': { kind: 'hash' } }, maskKey: 'a2V5' }
      const query = `query ($r: [_Any!]!) { shop { customers(first: 1) { nodes { email } edges { node { email } } } customerByKey(customerId: 0) { email } orders(first: 1) { nodes { customer { email } } } }
        _entities(representations: $r) { ... on ShopCustomer { email } } }`
      const { data } = await shop().ask(query, { call, variables: { r: [{ __typename: 'ShopCustomer', customerId: 0 }] } })
      const ways = ['shop.customers.nodes.0.email', 'shop.customers.edges.0.node.email', 'shop.customerByKey.email', 'shop.orders.nodes.0.customer.email', '_entities.0.email']
      expect(new Set(ways.map((way) => at(data, way))).size).toBe(1)
    })

    it('pages by a masked key without showing it', async () => {
      const call: ShopCall = { masks: { 'ShopCustomer.customerId': { kind: 'null' } } }
      const answer = await shop().ask('{ shop { customers(first: 2) { nodes { name } edges { cursor } } } }', { call })
      const cursor = at(answer.data, 'shop.customers.edges.1.cursor')
      const next = await shop().ask('query ($c: String) { shop { customers(first: 1, after: $c) { nodes { name } } } }', { call, variables: { c: cursor } })
      expect(at(next.data, 'shop.customers.nodes')).toEqual([{ name: 'Customer 2' }])
    })
  })

  describe('scopes', () => {
    it('a caller without the scope of the product gets nothing, by whatever way', async () => {
      const query = `query ($r: [_Any!]!) { shop { customers { totalCount } customersAggregate { count } customerByKey(customerId: 1) { name } } _entities(representations: $r) { ... on ShopCustomer { name } } }`
      const answer = await shop().ask(query, { call: { scopes: ['other:read'] }, variables: { r: [{ __typename: 'ShopCustomer', customerId: 1 }] } })
      expect(new Set(answer.errors.map((error) => error.code))).toEqual(new Set(['UNAUTHORIZED_FIELD_OR_TYPE']))
      expect(answer.statements).toEqual([])
    })

    it.each([
      'customers(first: 1) { nodes { credit } }',
      'customers(where: { credit: { gt: "1" } }) { totalCount }',
      'customers(orderBy: [{ credit: ASC }]) { nodes { name } }',
      'customersAggregate { sum { credit } }',
      'orders(where: { customer: { credit: { gt: "1" } } }) { totalCount }',
    ])('a field with scopes of its own is closed to a caller without them: %s', async (field) => {
      const answer = await shop().ask(`{ shop { ${field} } }`, { call: { scopes: ['shop:read', 'shop:all-regions'] } })
      expect(answer.errors.map((error) => error.code)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
      expect(answer.statements).toEqual([])
    })
  })

  describe('small groups', () => {
    it('M08 leaves out groups of fewer rows than the contract allows', async () => {
      const answer = await shop().ask('{ shop { answersAggregate(groupBy: [{ field: town }]) { group { town } count avg { score } } } }')
      expect(at(answer.data, 'shop.answersAggregate')).toEqual([{ group: { town: 'Large' }, count: 7, avg: { score: 11 / 7 } }])
    })

    it('M08 leaves out the whole when a filter makes it small', async () => {
      const answer = await shop().ask('{ shop { answersAggregate(where: { town: { eq: "Small" } }) { count sum { score } } } }')
      expect(at(answer.data, 'shop.answersAggregate')).toEqual([])
    })
  })
})
