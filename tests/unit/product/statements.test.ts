import { Kind, parse } from 'graphql'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerDirectly, buildDomainSubgraph, CursorCodec } from '@polyseme/kit/product'
import { DuckDbSource } from '@polyseme/kit/source'
import { fillParquet } from '../../testkit/domain-oracle/fill-sources.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { at, Shop } from '../../testkit/shop-domain.ts'

let shop: Shop
beforeAll(async () => {
  shop = await Shop.inFiles()
})
afterAll(() => shop[Symbol.asyncDispose]())

const texts = (answer: { readonly statements: readonly { readonly text: string }[] }): readonly string[] => answer.statements.map((statement) => statement.text)

describe('statements', () => {
  it('reads only the columns that were selected', async () => {
    const answer = await shop.ask('{ shop { customers(first: 1) { nodes { name } } } }')
    expect(texts(answer)).toHaveLength(1)
    expect(texts(answer)[0]).toContain('"name"')
    expect(texts(answer)[0]).not.toMatch(/"region"|"email"|"credit"|"born"/)
  })

  it('counts only when totalCount is selected, and then reads no rows', async () => {
    const answer = await shop.ask('{ shop { customers { totalCount } } }')
    expect(texts(answer)).toHaveLength(1)
    expect(at(answer.data, 'shop.customers.totalCount')).toBe(30)
    expect(texts(answer)[0]).toMatch(/^SELECT .*count\(\*\)/)
  })

  it.each([1, 5, 30])('takes as many statements for %i rows with relationships three levels deep as for one', async (first) => {
    const query = `query ($first: Int) { shop { customers(first: $first) { totalCount nodes {
      name
      orders(first: 3) { totalCount nodes { amount customer { name } lines { nodes { article order { amount } } } linesAggregate { count } } }
      ordersAggregate { count sum { amount } }
    } } } }`
    const answer = await shop.ask(query, { variables: { first } })
    expect(answer.errors).toEqual([])
    // customers and their count, orders and their count, order totals, customers of orders, lines, line totals, orders of lines
    expect(answer.statements).toHaveLength(9)
  })

  it('resolves an entity batch in one statement, order, repetition and absence preserved', async () => {
    const ids = [7, 3, 999, 3, 0]
    const representations = ids.map((customerId) => ({ __typename: 'ShopCustomer', customerId }))
    const answer = await shop.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on ShopCustomer { name } } }', { variables: { r: representations } })
    expect(answer.data?.['_entities']).toEqual([{ name: 'Customer 7' }, { name: 'Customer 3' }, null, { name: 'Customer 3' }, { name: 'Customer 0' }])
    expect(answer.statements).toHaveLength(1)
  })

  it('answers ten look-ups by key under ten aliases in one statement, in which each key stands once', async () => {
    const ids = [7, 3, 999, 3, 0, 29, 12, 7, 7, 1]
    const query = `query (${ids.map((_id, index) => `$k${index}: BigInt!`).join(', ')}) { shop { ${ids.map((_id, index) => `a${index}: customerByKey(customerId: $k${index}) { name ...More }`).join(' ')} } }
      fragment More on ShopCustomer { orders(first: 1) { totalCount } }`
    const answer = await shop.ask(query, { variables: Object.fromEntries(ids.map((id, index) => [`k${index}`, id])) })
    const orders = (id: number): number => (id < 25 ? [0, 25, 50, 75].map((from) => from + id).filter((order) => order < 90 && order % 10 !== 9).length : 0)
    expect(answer.errors).toEqual([])
    expect(answer.data?.['shop']).toEqual(Object.fromEntries(ids.map((id, index) => [`a${index}`, id === 999 ? null : { name: `Customer ${id}`, orders: { totalCount: orders(id) } }])))
    // customers, and the number of their orders
    expect(texts(answer)).toHaveLength(2)
    expect(texts(answer)[0]).toContain('JOIN')
  })

  it('look-ups that ask for something else, of another type or by another key, are statements of their own', async () => {
    const answer = await shop.ask(`{ shop {
      a: customerByKey(customerId: 1) { name } b: customerByKey(customerId: 2) { name } c: customerByKey(customerId: 2) { name region } d: orderByKey(orderId: 2) { amount }
      e: lineByKey(orderId: 3, lineNo: 1) { article } f: lineByKey(orderId: 4, lineNo: 2) { article } g: lineByKey(orderId: 3, lineNo: 2) { article }
    } }`)
    expect(answer.data?.['shop']).toEqual({
      a: { name: 'Customer 1' }, b: { name: 'Customer 2' }, c: { name: 'Customer 2', region: 'AMER' }, d: { amount: '2.5000' },
      e: { article: 'Article 2' }, f: { article: 'Article 2' }, g: { article: 'Article 1' },
    })
    expect(answer.statements).toHaveLength(4)
  })

  it('entities under several aliases are one statement', async () => {
    const representations = (ids: readonly number[]): unknown => ids.map((customerId) => ({ __typename: 'ShopCustomer', customerId }))
    const query = 'query ($r: [_Any!]!, $s: [_Any!]!) { a: _entities(representations: $r) { ... on ShopCustomer { name } } b: _entities(representations: $s) { ... on ShopCustomer { name } } }'
    const answer = await shop.ask(query, { variables: { r: representations([4, 5]), s: representations([5, 998, 4, 6]) } })
    expect(answer.data).toEqual({ a: [{ name: 'Customer 4' }, { name: 'Customer 5' }], b: [{ name: 'Customer 5' }, null, { name: 'Customer 4' }, { name: 'Customer 6' }] })
    expect(answer.statements).toHaveLength(1)
  })

  it('M11 the row filter stands in the statement of several look-ups too', async () => {
    const answer = await shop.ask('{ shop { a: customerByKey(customerId: 1) { name } b: customerByKey(customerId: 2) { name } } }', { call: { scopes: ['shop:read'], claims: { regions: ['APAC'] } } })
    expect(answer.data?.['shop']).toEqual({ a: { name: 'Customer 1' }, b: null })
    expect(answer.statements).toHaveLength(1)
  })

  it('looks up a key once, however often it is asked for', async () => {
    const representations = Array.from({ length: 12_000 }, (_unused, index) => ({ __typename: 'ShopCustomer', customerId: index % 40 }))
    const answer = await shop.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on ShopCustomer { customerId } } }', { variables: { r: representations } })
    const entities = answer.data?.['_entities'] as readonly ({ readonly customerId: number } | null)[]
    expect(entities.every((entity, index) => (index % 40 < 30 ? entity?.customerId === index % 40 : entity === null))).toBe(true)
    expect(answer.statements).toHaveLength(1)
  })

  it('resolves entities of several types and keys with one statement for each', async () => {
    const representations = [
      { __typename: 'ShopOrder', orderId: 4 },
      { __typename: 'ShopCustomer', email: 'user5@example.com' },
      { __typename: 'ShopLine', orderId: 4, lineNo: 1 },
      { __typename: 'ShopCustomer', customerId: 6 },
      { __typename: 'ShopOrder', orderId: 5 },
    ]
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { __typename
      ... on ShopOrder { amount } ... on ShopCustomer { name } ... on ShopLine { article } } }`
    const answer = await shop.ask(query, { variables: { r: representations } })
    expect(answer.data?.['_entities']).toEqual([
      { __typename: 'ShopOrder', amount: '5.0000' },
      { __typename: 'ShopCustomer', name: 'Customer 5' },
      { __typename: 'ShopLine', article: 'Article 3' },
      { __typename: 'ShopCustomer', name: 'Customer 6' },
      { __typename: 'ShopOrder', amount: '6.2500' },
    ])
    expect(answer.statements).toHaveLength(4)
  })

  it('cuts a batch of 12,000 entities into statements of 5,000', async () => {
    const representations = Array.from({ length: 12_000 }, (_unused, index) => ({ __typename: 'ShopCustomer', customerId: 11_999 - index }))
    const answer = await shop.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on ShopCustomer { customerId } } }', { variables: { r: representations } })
    const entities = answer.data?.['_entities'] as readonly ({ readonly customerId: number } | null)[]
    expect(entities).toHaveLength(12_000)
    expect(entities.every((entity, index) => (index >= 11_970 ? entity?.customerId === 11_999 - index : entity === null))).toBe(true)
    expect(answer.statements).toHaveLength(3)
  })

  it('J26 M12 binds every value of a caller and never writes it into a statement', async () => {
    const hostile = "x'); DROP TABLE customers; --"
    const answer = await shop.ask(
      `query ($w: ShopCustomerWhere) { shop { customers(where: $w) { totalCount nodes { name } } customersAggregate(where: $w) { count } } }`,
      { variables: { w: { or: [{ name: { eq: hostile } }, { name: { contains: hostile } }, { name: { in: [hostile, 'b'] } }] } }, call: { scopes: ['shop:read'], claims: { regions: [hostile] } } },
    )
    expect(answer.errors).toEqual([])
    expect(texts(answer).join('\n')).not.toContain('DROP')
    expect(at(answer.data, 'shop.customers.totalCount')).toBe(0)
  })

  it('finds the keys of a large page first, and gives the same rows under the same rights', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-large-'))
    const object = productObject('lab', 'Row', [property('id', 'integer', { required: true }), property('zone', 'string')], {
      keys: [['id']], page: { defaultRows: 50, maxRows: 10_000 }, rowFilters: [{ field: 'zone', claim: 'zones', unlessScopes: [] }],
    })
    const product = dataProduct('lab', 'rows', [object])
    // Every id twice, once in each zone: what a key finds still has to pass the row filter.
    const rows = Array.from({ length: 14_000 }, (_unused, index) => ({ id: BigInt(Math.floor(index / 2)), zone: index % 2 === 0 ? 'mine' : 'theirs' }))
    await fillParquet({ product, rows: new Map([['LabRow', rows]]) }, dataDir)
    const reports: string[] = []
    await using source = await DuckDbSource.open({ products: [product], dataDir, threads: 1, onStatement: (report) => reports.push(report.text) })
    const { model, schema, requirements } = buildDomainSubgraph([product])
    const principal = { issuer: 'https://issuer.test', subject: 'someone', scopes: new Set(['lab:read']), roles: [], claims: { zones: ['mine'] }, expiresAtSec: 0 }
    const run = { model, source, cursors: new CursorCodec(Buffer.alloc(32, 1)), call: { principal, masks: {} } }
    const document = parse('{ lab { rows(first: 6000, where: { id: { gte: 500 } }) { nodes { id zone } pageInfo { hasNextPage } } } }')
    const [operation] = document.definitions
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('no operation')
    const answer = await answerDirectly({ run, context: { schema, model, fragments: {}, variables: {}, requirements } }, operation)
    expect(JSON.parse(answer?.data ?? 'null')).toEqual({
      lab: { rows: { nodes: Array.from({ length: 6_000 }, (_unused, index) => ({ id: 500 + index, zone: 'mine' })), pageInfo: { hasNextPage: true } } },
    })
    expect(reports[0]).toMatch(/"id" IN \(SELECT t1\."id" FROM/)
    await rm(dataDir, { recursive: true, force: true })
  })

  it('keeps apart what two aliases ask of one relationship', async () => {
    const answer = await shop.ask(`{ shop { customers(first: 1) {
      a: nodes { orders(first: 1) { nodes { orderId } } }
      b: nodes { orders(first: 2, orderBy: [{ orderId: DESC }]) { nodes { orderId } } }
      edges { node { last: orders(last: 1) { nodes { orderId } } } }
    } } }`)
    expect(at(answer.data, 'shop.customers')).toEqual({
      a: [{ orders: { nodes: [{ orderId: 0 }] } }],
      b: [{ orders: { nodes: [{ orderId: 75 }, { orderId: 50 }] } }],
      edges: [{ node: { last: { nodes: [{ orderId: 75 }] } } }],
    })
  })

  it('leaves out what @skip and @include leave out, in the statements too', async () => {
    const query = 'query ($yes: Boolean!) { shop { customers(first: 1) { totalCount @skip(if: $yes) nodes { name email @include(if: $yes) ...More @skip(if: $yes) } } } } fragment More on ShopCustomer { region }'
    const answer = await shop.ask(query, { variables: { yes: true } })
    expect(at(answer.data, 'shop.customers')).toEqual({ nodes: [{ name: 'Customer 0', email: 'user0@example.com' }] })
    expect(texts(answer)).toHaveLength(1)
    expect(texts(answer)[0]).not.toContain('"region"')
  })
})
