import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, startHttp, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import type { TestSubgraph } from '../testkit/test-mesh.ts'

const REVIEWS: TestSubgraph = {
  sdl: `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    type Query { topProducts(first: Int = 5, kind: Kind, writtenBy: String): [Product!]! product(sku: ID!): Product people(where: PersonWhere, orderBy: String, first: Int): [Person!]! countPeople(email: String): Int search: [Thing!]! }
    input PersonWhere { email: String, and: [PersonWhere!] }
    enum Kind { BOOK FILM }
    union Thing = Product | Person
    type Product @key(fields: "sku") { sku: ID! kind: Kind name: String reviews: [Review!] }
    type Person { id: ID email: String }
    type Review { stars: Int author: Person }
  `,
  resolvers: {
    Query: {
      topProducts: (_source: unknown, { first, kind }: { first: number; kind?: string }) => PRODUCTS.filter((one) => kind === undefined || one.kind === kind).slice(0, first),
      product: (_source: unknown, { sku }: { sku: string }) => PRODUCTS.find((one) => one.sku === sku),
      people: () => [{ id: '1', email: 'x@y.z' }],
      countPeople: () => 1,
      search: () => [{ __typename: 'Product', ...PRODUCTS[0] }, { __typename: 'Person', email: 'a@b.c' }],
    },
    Product: { __resolveReference: ({ sku }: { sku: string }) => PRODUCTS.find((one) => one.sku === sku) },
  },
}

const PRODUCTS = [
  { sku: 'b1', kind: 'BOOK', name: 'Book', reviews: [{ stars: 4, author: { email: 'x@y.z' } }] },
  { sku: 'f1', kind: 'FILM', name: 'Film', reviews: [] },
]

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: media-products
name: products
version: 1.0.0
status: active
domain: media
description: { purpose: What can be bought. }
customProperties: [{ property: safeArguments, value: ['Query.topProducts(kind)'] }]
team: { name: media team, members: [{ username: mia@example.com, role: owner }] }
roles: [{ role: 'media:read', access: read }]
schema:
  - name: Product
    description: One thing that can be bought.
    properties:
      - { name: sku, logicalType: string, primaryKey: true, required: true, classification: public, description: Our number. }
      - { name: name, logicalType: string, classification: internal, description: Its title. }
  - name: Person
    description: Who wrote a review.
    properties:
      - { name: id, logicalType: string, primaryKey: true, classification: internal, description: Our number. }
      - { name: email, logicalType: string, classification: restricted, description: Where to write to. }
`

const OWNER = ['shop:publish', 'media:publish', 'media:read']
const PUBLISH_MEDIA = ['--domain', 'media', '--contract', 'media', '--message', 'm']

let mesh: EmptyMesh
let foreign: ForeignSubgraph

beforeAll(async () => {
  mesh = await startEmptyMesh()
  foreign = await startForeignSubgraph(REVIEWS)
  await mkdir(join(mesh.folder, 'media'))
  await writeFile(join(mesh.folder, 'media/products.odcs.yaml'), CONTRACT)
})

afterAll(async () => {
  await foreign[Symbol.asyncDispose]()
  await mesh[Symbol.asyncDispose]()
})

describe('a foreign subgraph is adopted', () => {
  it('qualified: its types and root fields bear the domain\'s name, and it never hears that name', async () => {
    expect(await mesh.polyseme(OWNER, 'adopt', foreign.url, ...PUBLISH_MEDIA)).toEqual({ code: 0, output: expect.stringMatching(/^step 1 .* publish media version 1 {2}by tester: m\ngateways take it over within a few seconds$/) as string })
    const query = '{ mediaTopProducts(kind: FILM) { __typename sku kind } mediaSearch { __typename ... on MediaProduct { name } } }'
    await eventually(async () => expect(await mesh.ask(query, OWNER)).toMatchObject({
      status: 200, errors: [],
      data: { mediaTopProducts: [{ __typename: 'MediaProduct', sku: 'f1', kind: 'FILM' }], mediaSearch: [{ __typename: 'MediaProduct', name: 'Book' }, { __typename: 'MediaPerson' }] },
    }))
    expect(foreign.asked.join('\n')).not.toMatch(/MediaP|mediaTopProducts\s*[({]/)
    expect(foreign.headers()).toHaveProperty('polyseme-identity')
    expect(foreign.headers()).not.toHaveProperty('authorization')
  })

  it('the contract that is laid over it decides who may read, and masks what it answers', async () => {
    expect(await mesh.ask('{ mediaTopProducts { sku name } }', [])).toMatchObject({ data: null, errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] })
    const { data, errors } = await mesh.ask('{ mediaTopProducts(first: 1) { reviews { stars author { email } } } }', OWNER)
    expect({ data, errors }).toEqual({ data: { mediaTopProducts: [{ reviews: [{ stars: 4, author: { email: null } }] }] }, errors: [] })
    expect(foreign.asked.at(-1)).toContain('email')
  })

  it('a check of it as it runs, or of a file with its schema, goes by its naming and contract as they were published', async () => {
    const same = { code: 0, output: expect.stringMatching(/\nmedia: may be published$/) as string }
    expect(await mesh.polyseme(OWNER, 'check', foreign.url, '--domain', 'media')).toEqual(same)
    await writeFile(join(mesh.folder, 'next.graphql'), REVIEWS.sdl)
    expect(await mesh.polyseme(OWNER, 'check', 'next.graphql', '--domain', 'media')).toEqual(same)
    await writeFile(join(mesh.folder, 'next.graphql'), REVIEWS.sdl.replace('stars: Int', 'points: Int'))
    expect((await mesh.polyseme(OWNER, 'check', 'next.graphql', '--domain', 'media')).output).toMatch(/breaking MediaReview\.stars: .*was removed/)
    await writeFile(join(mesh.folder, 'next.graphql'), 'type Query {')
    expect(await mesh.polyseme(OWNER, 'check', 'next.graphql', '--domain', 'media')).toMatchObject({ code: 1, output: expect.stringContaining('media.graphql:1:13 error sdl-syntax') as string })
    expect(await mesh.polyseme(OWNER, 'check', 'none.graphql', '--domain', 'media')).toEqual({ code: 1, output: 'error CONFIG_INVALID: there is no file none.graphql' })
    expect(await mesh.polyseme(OWNER, 'check', foreign.url)).toEqual({ code: 2, output: 'error COMMAND_INVALID: `polyseme check` of a URL or a schema FILE needs --domain NAME' })
    expect(await mesh.polyseme(OWNER, 'check', 'media', '--domain', 'media')).toMatchObject({ code: 2 })
  })

  it('a check and a publish of contracts with errors report all of them, in every form', async () => {
    const dir = join(mesh.folder, 'typo/media')
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'products.odcs.yaml'), CONTRACT.replaceAll('classification:', 'clasification:'))
    const errors = CONTRACT.split('classification:').length - 1
    const { code, output } = await mesh.polyseme(OWNER, 'check', 'typo/media')
    expect(code).toBe(1)
    expect(output.match(/^ {2}products\.odcs\.yaml:\d+:\d+ error contract-unknown-key: /gm)).toHaveLength(errors)
    expect(output).toMatch(/\n\nmedia: cannot be published: correct the errors$/)
    const report = { subgraph: 'media', verdict: 'fail', findings: expect.arrayContaining([expect.objectContaining({ rule: 'contract-unknown-key' })]) as unknown }
    expect(JSON.parse((await mesh.polyseme(OWNER, 'check', 'typo/media', '--json')).output)).toMatchObject(report)
    expect((await mesh.polyseme(OWNER, 'check', 'typo/media', '--markdown')).output).toMatch(/^### `media`: cannot be published: correct the errors\n\n\|(.|\n)*`contract-unknown-key`/)
    const refused = await mesh.polyseme(OWNER, 'publish', 'typo/media', '--message', 'm', '--json')
    expect({ code: refused.code, ...JSON.parse(refused.output) as object }).toMatchObject({ code: 1, kind: 'refused', report })
  })

  it.each([
    ['M02 a filter', '{ mediaPeople(where: { email: "x@y.z" }) { id } }', 'Query.mediaPeople(where:)'],
    ['M02 a filter in a variable', 'query ($w: MediaPersonWhere = { and: [{ email: "x" }] }) { mediaPeople(where: $w) { id } }', 'Query.mediaPeople(where:)'],
    ['M01 M02 a filter behind an alias and a fragment', '{ ...F } fragment F on Query { them: mediaPeople(first: 1, where: {}) { id } }', 'Query.mediaPeople(where:)'],
    ['M03 a sort', '{ mediaPeople(orderBy: "email") { id } }', 'Query.mediaPeople(orderBy:)'],
    ['M04 a count', '{ mediaCountPeople(email: "x@y.z") }', 'Query.mediaCountPeople(email:)'],
    ['M02 a filter of what does not show it', '{ mediaTopProducts(kind: BOOK, writtenBy: "x@y.z") { sku } }', 'Query.mediaTopProducts(writtenBy:)'],
  ])('%s by what is masked is refused before the subgraph hears of it', async (_name, query, coordinate) => {
    const before = foreign.asked.length
    const { status, data, errors } = await mesh.ask(query, OWNER)
    expect({ status, data: data ?? null, errors }).toMatchObject({ status: 400, data: null, errors: [{ message: expect.stringContaining(coordinate) as string, extensions: { code: 'FIELD_NOT_CLEAR' } }] })
    expect(foreign.asked).toHaveLength(before)
  })

  it('M02 pages, keys and arguments that its contract calls safe are not refused', async () => {
    expect(await mesh.ask('{ mediaTopProducts(first: 1, kind: FILM) { sku } mediaProduct(sku: "b1") { name } mediaPeople(first: 1) { email } mediaCountPeople }', OWNER)).toMatchObject({
      errors: [], data: { mediaTopProducts: [{ sku: 'f1' }], mediaProduct: { name: 'Book' }, mediaPeople: [{ email: null }], mediaCountPeople: 1 },
    })
  })

  it('qualified: two domains with the same root field and type live side by side, and a failure is told at the name that was asked for', async () => {
    const sdl = 'type Query { topProducts: [Product!] broken: Product } type Mutation { addProduct(name: String): Product } type Product { name: String }'
    const resolvers = { Query: { topProducts: () => [{ name: 'other' }], broken: () => { throw new Error('no') } }, Mutation: { addProduct: (_source: unknown, { name }: { name: string }) => ({ name }) } }
    await using other = await startForeignSubgraph({ sdl, resolvers })
    expect(await mesh.polyseme(OWNER, 'adopt', other.url, '--domain', 'shop', '--message', 'm')).toMatchObject({ code: 0 })
    await eventually(async () => expect(await mesh.ask('{ mediaTopProducts(first: 1) { name } shopTopProducts { name __typename } mine: shopBroken { name } }', OWNER)).toMatchObject({
      data: { mediaTopProducts: [{ name: 'Book' }], shopTopProducts: [{ name: 'other', __typename: 'ShopProduct' }], mine: null },
      errors: [{ path: ['mine'], extensions: { subgraph: 'shop' } }],
    }))
    expect(await mesh.ask('mutation { shopAddProduct(name: "new") { name } }', OWNER)).toMatchObject({ data: { shopAddProduct: { name: 'new' } }, errors: [] })
    expect(await mesh.polyseme(OWNER, 'retire', 'shop', '--reason', 'r')).toMatchObject({ code: 0 })
  })

  it('verbatim: its types keep their names', async () => {
    await using other = await startForeignSubgraph({ sdl: 'type Query { stock: [Shelf!]! } type Shelf { room: String }', resolvers: { Query: { stock: () => [{ room: 'r' }] } } })
    expect(await mesh.polyseme(OWNER, 'adopt', other.url, '--domain', 'shop', '--naming', 'verbatim', '--message', 'm')).toMatchObject({ code: 0 })
    await eventually(async () => expect(await mesh.ask('{ stock { __typename room } }', OWNER)).toMatchObject({ data: { stock: [{ __typename: 'Shelf', room: 'r' }] } }))
  })

  it.each([
    ['overlay-unknown-field', CONTRACT.replace('name: email', 'name: phone'), 'MediaPerson.phone, which the subgraph does not have'],
    ['overlay-safe-arguments', CONTRACT.replace('(kind)', '(kinds)'), 'Query.topProducts(kinds)` among its safeArguments, which the subgraph does not have'],
    ['overlay-unknown-type', CONTRACT.replace('name: Person', 'name: Human'), 'MediaHuman, which the subgraph does not have'],
  ])('%s: a contract that does not fit is refused', async (rule, contract, what) => {
    await mkdir(join(mesh.folder, 'wrong'), { recursive: true })
    await writeFile(join(mesh.folder, 'wrong/products.odcs.yaml'), contract)
    const { code, output } = await mesh.polyseme(OWNER, 'adopt', foreign.url, '--domain', 'media', '--contract', 'wrong', '--check')
    expect(code).toBe(1)
    expect(output).toContain(`error ${rule}`)
    expect(output).toContain(what)
  })

  it('a contract over names that are kept is refused', async () => {
    const { code, output } = await mesh.polyseme(OWNER, 'adopt', foreign.url, '--domain', 'media', '--contract', 'media', '--naming', 'verbatim', '--check')
    expect(code).toBe(1)
    expect(output).toContain('error overlay-verbatim')
  })
})

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536, 'x')
}

describe('a federation that is adopted as it is', () => {
  it('shares its entities when the governance file says that they are one, and not before', { timeout: 60_000 }, async () => {
    const key = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
    await using stock = await startForeignSubgraph({ sdl: `${key} type Query { item: Item } type Item @key(fields: "id") { id: ID! }`, resolvers: { Query: { item: () => ({ id: '7' }) } } })
    await using prices = await startForeignSubgraph({ sdl: `${key} type Query { cheapest: Item } type Item @key(fields: "id") { id: ID! price: Int }`, resolvers: { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, price: Number(id) * 3 }) } } })
    const governanceFile = join(mesh.folder, 'governance.yaml')
    await writeFile(governanceFile, 'allowedRegions: [eu]\n')
    await mesh.restart({ governanceFile })
    const scopes = ['stock:publish', 'prices:publish']
    const adopt = async (url: string, domain: string) => await mesh.polyseme(scopes, 'adopt', url, '--domain', domain, '--naming', 'verbatim', '--message', 'm')
    expect(await adopt(stock.url, 'stock')).toMatchObject({ code: 0 })
    expect(await adopt(prices.url, 'prices')).toMatchObject({ code: 1, output: expect.stringContaining('Type "Item" is defined by the domains "prices", "stock"') as string })
    await writeFile(governanceFile, 'sharedTypes: [{ type: Item, domains: [stock, prices], reason: one federation before }]\n')
    await eventually(async () => expect(await adopt(prices.url, 'prices')).toMatchObject({ code: 0 }))
    await eventually(async () => expect(await mesh.ask('{ item { id price } }', [])).toMatchObject({ data: { item: { id: '7', price: 21 } }, errors: [] }))
  })
})

describe('asking an address for its schema', () => {
  it.each([
    ['a link-local address', 'http://169.254.169.254/latest', /link-local or metadata address/],
    ['a file', 'file:///etc/passwd', /uses file:/],
    ['nothing there', 'http://127.0.0.1:1/graphql', /cannot be reached/],
  ])('R06 F18 refuses %s', async (_name, url, message) => {
    const { code, output } = await mesh.polyseme(OWNER, 'adopt', url, ...PUBLISH_MEDIA)
    expect(code).toBe(1)
    expect(output).toMatch(message)
  })

  it('F17 follows no redirect', async () => {
    const server = await startHttp((_request, response) => void response.writeHead(302, { location: foreign.url }).end())
    const before = foreign.asked.length
    expect((await mesh.polyseme(OWNER, 'adopt', server.url, ...PUBLISH_MEDIA)).output).toContain('redirects are not followed')
    expect(foreign.asked).toHaveLength(before)
    await server.close()
  })

  it('F13 reads no endless answer', async () => {
    const server = await startHttp((_request, response) => void Readable.from(endless()).pipe(response))
    expect((await mesh.polyseme(OWNER, 'adopt', server.url, ...PUBLISH_MEDIA)).output).toMatch(/its answer is longer than \d+ bytes/)
    await server.close()
  })

  it('says that something is no subgraph without showing what it answered', async () => {
    const server = await startHttp((_request, response) => void response.end('<html>secret-thing</html>'))
    const { output } = await mesh.polyseme(OWNER, 'adopt', server.url, ...PUBLISH_MEDIA)
    expect(output).toBe('error CONFIG_INVALID: the subgraph cannot be adopted: it did not answer with JSON')
    await server.close()
  })
})
