import { composeServices } from '@apollo/composition'
import { execute, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindExtensions, buildDomainSdl, buildDomainSubgraph, CursorCodec, generateResolverTypes, parseExtensions, type BoundExtensions, type DomainExtensions, type ExtensionContext, type ExtensionResolvers } from '@polyseme/kit/product'
import type { Source } from '@polyseme/kit/source'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { at, SHOP, Shop, shopCall, type ShopCall } from '../../testkit/shop-domain.ts'

function extend(text: string): DomainExtensions {
  const parsed = parseExtensions(text, { file: 'extensions.graphql', products: [SHOP] })
  if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('; '))
  return parsed.value
}

function bind(text: string, resolvers: ExtensionResolvers): BoundExtensions {
  const bound = bindExtensions(extend(text), resolvers, 'extensions.ts')
  if (bound.kind === 'invalid') throw new TypeError(bound.diagnostics.map(({ what }) => what).join('; '))
  return bound.value
}

const findings = (text: string): readonly string[] => {
  const parsed = parseExtensions(text, { file: 'extensions.graphql', products: [SHOP] })
  return parsed.kind === 'ok' ? [] : parsed.diagnostics.map(({ rule, what, how, position }) => `${position?.line}:${position?.column} ${rule}: ${what}; ${how ?? ''}`)
}

describe('parseExtensions', () => {
  it.each([
    ['extend type ShopCustomer { x: Int', ['1:34 extension-syntax: Syntax Error: Expected Name, found <EOF>.; ']],
    ['extend type ShopCustomers { x: Int }', ['1:13 extension-not-extendable: `ShopCustomers` cannot be extended; extend `ShopCustomer`']],
    ['extend type Query { x: Int }', ['1:13 extension-not-extendable: `Query` cannot be extended; extend `ShopQuery` or a type of the contracts: ShopCustomer, ShopOrder, ShopLine, ShopAnswer']],
    ['extend type ShopCustomer @key(fields: "x") { x: Int }', ['1:1 extension-type-directives: `ShopCustomer` has directives of its contract alone; put them at the fields']],
    ['extend type ShopCustomer { name: String orders: Int }', [
      '1:28 extension-field-taken: `ShopCustomer.name` is there already; choose another name',
      '1:41 extension-field-taken: `ShopCustomer.orders` is there already; choose another name',
    ]],
    ['extend type ShopCustomer { x: Int }\nextend type ShopCustomer { x: Int }', ['2:28 extension-field-taken: `ShopCustomer.x` is there already; choose another name']],
    ['extend type ShopCustomer { asBillingCustomer: Int }', ['1:28 extension-field-reserved: the name `asBillingCustomer` belongs to the crosswalk or to GraphQL; choose another name']],
    ['extend type ShopCustomer { x: Strin y(a: Datum): ShopCustomerTie }', [
      '1:31 extension-type-unknown: there is no type `Strin`; write `String`',
      '1:50 extension-type-unknown: there is no type `ShopCustomerTie`; write `ShopCustomerTier`',
      '1:42 extension-type-unknown: there is no type `Datum`; define it in this file, or use a scalar or enum of the domain',
    ]],
    ['extend type ShopCustomer { x: [ShopOrder!] }', ['1:32 extension-returns-rows: `ShopCustomer.x` would give rows of `ShopOrder`; declare a relationship in the contract, whose rows are fetched in one statement; or give a type of its own']],
    ['extend type ShopCustomer { x: ShopCustomerWhere y(a: ShopOwn): Int } type ShopOwn { n: Int }', [
      '1:31 extension-type-kind: `ShopCustomerWhere` is an input; use a type for answers',
      '1:54 extension-type-kind: `ShopOwn` is a type for answers; use an input, an enum or a scalar',
    ]],
    ['extend type ShopCustomer { x: Int @needs(fields: "nam") y: Int @needs(fields: " ") }', [
      '1:35 extension-needs-unknown: `ShopCustomer` has no property `nam`; write `name`',
      '1:64 extension-needs-nothing: `@needs` names no field; write `@needs(fields: "name other")`, or leave it out',
    ]],
    ['extend type ShopCustomer { x: Int @shareable }', ['1:36 extension-directive-unknown: `@shareable` has no effect here; there are @needs, @deprecated, @requiresScopes, @authenticated']],
    ['extend type ShopQuery { x: Int }', ['1:25 extension-root-open: nothing says who may read `ShopQuery.x`; add @requiresScopes(scopes: [["shop:read"]]): the domain\'s root is open to everyone']],
    ['type ShopOrder { n: Int } type Own { n: Int } enum ShopCustomerTier { A }', [
      '1:6 extension-type-taken: the type `ShopOrder` is there already; choose another name, or write `extend type ShopOrder` to add fields to it',
      '1:32 extension-type-name: the type `Own` does not bear the domain\'s name; call it `ShopOwn`',
      '1:52 extension-type-taken: the type `ShopCustomerTier` is there already; choose another name, or write `extend type ShopCustomerTier` to add fields to it',
    ]],
    ['scalar ShopText', ['1:1 extension-kind: only `extend type`, `type`, `enum` and `input` can be added; leave it out, or add what it is for as a field of an object or of the domain\'s root']],
    ['type Mutation { x: Int }', ['1:6 extension-type-name: the type `Mutation` does not bear the domain\'s name; call it `ShopMutation`']],
    ['extend schema @link(url: "x")', ['1:1 extension-kind: only `extend type`, `type`, `enum` and `input` can be added; leave it out, or add what it is for as a field of an object or of the domain\'s root']],
    ['{ shop { customers { totalCount } } }', ['1:1 extension-kind: only `extend type`, `type`, `enum` and `input` can be added; leave it out, or add what it is for as a field of an object or of the domain\'s root']],
  ])('reports what does not fit the graph, with its place: %s', (text, expected) => {
    expect(findings(text)).toEqual(expected)
  })

  it('gives a field the scopes of what it needs, and a type of its own those of the products', () => {
    const { sdl } = extend(`extend type ShopCustomer { limit: ShopLimit @needs(fields: "name credit") open: Int @needs(fields: "name") }
      type ShopLimit { amount: Decimal level: ShopLevel! } enum ShopLevel { LOW HIGH }`)
    expect(sdl).toBe(`extend type ShopCustomer {
  limit: ShopLimit @requiresScopes(scopes: [["shop:finance"]])
  open: Int
}

type ShopLimit @requiresScopes(scopes: [["shop:read"]]) {
  amount: Decimal
  level: ShopLevel!
}

enum ShopLevel {
  LOW
  HIGH
}`)
  })

  it('asks for both where the field has scopes of its own', () => {
    const { sdl } = extend('extend type ShopCustomer { limit: Int @needs(fields: "credit") @requiresScopes(scopes: [["a"], ["b", "c"]]) }')
    expect(sdl).toContain('@requiresScopes(scopes: [["shop:finance", "a"], ["shop:finance", "b", "c"]])')
  })

  it('composes with another domain', () => {
    const extensions = extend('extend type ShopCustomer { x(a: ShopIn): ShopOut } input ShopIn { n: Int! } type ShopOut { n: Int! } extend type ShopQuery { y: Int @authenticated }')
    const { errors, supergraphSdl } = composeServices([{ name: 'shop', url: 'http://shop.test', typeDefs: parse(buildDomainSdl([SHOP], extensions)) }])
    expect(errors).toBeUndefined()
    expect(supergraphSdl).toMatch(/x\(a: ShopIn\): ShopOut/)
  })

  it('has types for its resolvers', () => {
    const extensions = extend('extend type ShopCustomer { "How much." x(a: ShopIn! = { n: 1 }, b: [Date!]): [ShopOut]! @needs(fields: "name born") } input ShopIn { n: Int! } type ShopOut { n: Int! tier: ShopCustomerTier }')
    const types = generateResolverTypes([SHOP], extensions)
    expect(types.slice(types.indexOf('export interface ShopIn'))).toBe(`export interface ShopIn { readonly n: number }

export interface ShopOut {
  readonly n: number
  readonly tier?: ShopCustomerTier | null
}

/** What \`extensions.graphql\` asks of \`extensions.ts\`. */
export interface ShopResolvers {
  readonly ShopCustomer: {
    /** How much. */
    readonly x: (row: Pick<ShopCustomer, 'name' | 'born'>, args: { readonly a: ShopIn; readonly b?: readonly string[] | null }, context: ExtensionContext<ShopObjects>) => readonly (ShopOut | null)[] | Promise<readonly (ShopOut | null)[]>
  }
}
`)
  })

  it('answers each field with one resolver and has no other', () => {
    const bound = bindExtensions(extend('extend type ShopCustomer { x: Int y: Int }'), { ShopCustomer: { x: () => 1, z: () => 2 } }, 'extensions.ts')
    expect(bound.kind === 'invalid' ? bound.diagnostics.map(({ rule, what }) => `${rule}: ${what}`) : []).toEqual([
      'extension-resolver-missing: `ShopCustomer.y` has no resolver',
      'extension-resolver-unknown: `ShopCustomer.z` is not in extensions.graphql',
    ])
  })
})

const ADDED = bind(
  `extend type ShopCustomer {
     shout(mark: String = "!"): String @needs(fields: "name")
     seesEmail: Boolean
     emailLength: Int @needs(fields: "email")
     creditDoubled: String @needs(fields: "credit")
     biggest: Int @needs(fields: "customerId")
     sameMail: Int @needs(fields: "email")
     fails: Int
     hangs: Int
   }
   extend type ShopOrder { buyer: ShopBuyer @needs(fields: "customerId") }
   type ShopBuyer { name: String known: Boolean! }
   extend type ShopQuery { hello(name: String!): String @authenticated }`,
  {
    ShopCustomer: {
      shout: ({ name }: { name: string }, { mark }: { mark: string }) => name.toUpperCase() + mark,
      seesEmail: (_row: unknown, _args: unknown, context: ExtensionContext) => context.isClear('ShopCustomer', 'email'),
      emailLength: ({ email }: { email: string | null }) => email?.length,
      creditDoubled: ({ credit }: { credit: string }) => `${credit} ${credit}`,
      biggest: async ({ customerId }: { customerId: number }, _args: unknown, { listRows }: ExtensionContext) => {
        const orders = await listRows('ShopOrder', { customerId }, ['orderId'])
        return orders.length === 0 ? null : Math.max(...orders.map(({ orderId }) => Number(orderId)))
      },
      sameMail: async ({ email }: { email: string }, _args: unknown, { listRows }: ExtensionContext) => (await listRows('ShopCustomer', { email }, ['customerId'])).length,
      fails: () => { throw new Error('secret of the domain') },
      hangs: () => new Promise(() => undefined),
    },
    ShopOrder: {
      buyer: async ({ customerId }: { customerId: number | null }, _args: unknown, { findRow }: ExtensionContext) => {
        const buyer = await findRow('ShopCustomer', { customerId }, ['name'])
        return { name: buyer?.['name'] ?? null, known: buyer !== null }
      },
    },
    ShopQuery: { hello: (_row: unknown, { name }: { name: string }, { principal }: ExtensionContext) => `${name}, ${principal.subject}` },
  },
)

describe.each(['DuckDB', 'PostgreSQL'] as const)('fields of a domain\'s own on %s', (engine) => {
  let server: PostgresServer | undefined
  let shop: Shop
  const subgraph = buildDomainSubgraph([SHOP], ADDED)

  beforeAll(async () => {
    if (engine === 'PostgreSQL') server = await startPostgres()
    shop = server === undefined ? await Shop.inFiles() : await Shop.inPostgres(server)
  })

  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
    await server?.stop()
  })

  async function ask(text: string, call: ShopCall = {}, signal?: AbortSignal): Promise<{ readonly data: unknown; readonly errors: readonly string[]; readonly statements: number }> {
    const document = parse(text)
    expect(validate(subgraph.schema, document)).toEqual([])
    let statements = 0
    const { dialect, tables } = shop.source
    const source = { dialect, tables, query: (...args: Parameters<Source['query']>) => { statements += 1; return shop.source.query(...args) } } as unknown as Source
    const run = { model: subgraph.model, source, cursors: new CursorCodec(Buffer.alloc(32, 1)), call: shopCall(call), ...(signal === undefined ? {} : { signal }) }
    const result = await execute({ schema: subgraph.schema, document, contextValue: { run } })
    const errors = (result.errors ?? []).map(({ path, message }) => `${path?.join('.')}: ${message}`)
    return { data: JSON.parse(JSON.stringify(result.data ?? null)), errors, statements }
  }

  const customers = (fields: string, first = 2): string => `{ shop { customers(orderBy: [{ customerId: ASC }], first: ${first}) { nodes { ${fields} } } } }`

  it('get what they need of the row, selected or not, and their arguments', async () => {
    const { data, errors, statements } = await ask(customers('shout loud: shout(mark: "!!")'))
    expect([at(data, 'shop.customers.nodes'), errors, statements]).toEqual([[{ shout: 'CUSTOMER 0!', loud: 'CUSTOMER 0!!' }, { shout: 'CUSTOMER 1!', loud: 'CUSTOMER 1!!' }], [], 1])
  })

  it('are answered for entities and under the domain\'s root too', async () => {
    const { data } = await ask('{ _entities(representations: [{ __typename: "ShopCustomer", customerId: 3 }]) { ... on ShopCustomer { shout } } shop { hello(name: "Ada") } }')
    expect(data).toEqual({ _entities: [{ shout: 'CUSTOMER 3!' }], shop: { hello: 'Ada, someone' } })
  })

  it('load rows of a whole page in one statement', async () => {
    const { data, statements } = await ask(customers('customerId biggest orders(orderBy: [{ orderId: DESC }], first: 1) { nodes { orderId } }', 30))
    const nodes = at(data, 'shop.customers.nodes') as readonly { biggest: number | null; orders: { nodes: readonly { orderId: number }[] } }[]
    expect(nodes.map(({ biggest }) => biggest)).toEqual(nodes.map(({ orders }) => orders.nodes[0]?.orderId ?? null))
    expect([nodes.length, statements]).toEqual([30, 3])
  })

  it('find rows by key in one statement, those the caller may not see not at all', async () => {
    const query = '{ shop { orders(orderBy: [{ orderId: ASC }], first: 12) { nodes { customerId buyer { name known } } } } }'
    const all = await ask(query)
    expect(all.statements).toBe(2)
    expect(at(all.data, 'shop.orders.nodes.4')).toEqual({ customerId: 4, buyer: { name: 'Customer 4', known: true } })
    expect(at(all.data, 'shop.orders.nodes.9')).toEqual({ customerId: null, buyer: { name: null, known: false } })
    const some = await ask(query, { scopes: ['shop:read'], claims: { regions: ['EMEA'] } })
    expect((at(some.data, 'shop.orders.nodes') as readonly { buyer: { known: boolean } }[]).map(({ buyer }) => buyer.known)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((id) => id % 3 === 0 && id !== 9))
  })

  it('see a masked value as the caller does, and cannot look for rows by it', async () => {
    const { data, errors } = await ask(customers('seesEmail emailLength sameMail', 1), { masks: { 'ShopCustomer.email': { kind: 'constant', value: 'x' } } })
    expect(at(data, 'shop.customers.nodes')).toEqual([{ seesEmail: false, emailLength: 1, sameMail: null }])
    expect(errors).toEqual(['shop.customers.nodes.0.sameMail: ShopCustomer.email is not shown in clear to this caller, so rows cannot be found by it'])
    expect(at((await ask(customers('seesEmail sameMail', 1))).data, 'shop.customers.nodes')).toEqual([{ seesEmail: true, sameMail: 1 }])
  })

  it('do not give what they are made of to a caller who may not read it', async () => {
    const { data, errors } = await ask(customers('creditDoubled'), { scopes: ['shop:read', 'shop:all-regions'] })
    expect([at(data, 'shop.customers'), errors.join()]).toEqual([null, expect.stringContaining('ShopCustomer.credit may not be read by this caller')])
  })

  it('fail alone', async () => {
    const { data, errors } = await ask(customers('shout fails', 1))
    expect([at(data, 'shop.customers.nodes'), errors]).toEqual([[{ shout: 'CUSTOMER 0!', fails: null }], ['shop.customers.nodes.0.fails: secret of the domain']])
  })

  it('end with the request, also when they never would', async () => {
    const { data, errors } = await ask(customers('shout hangs', 1), {}, AbortSignal.timeout(300))
    expect([at(data, 'shop.customers.nodes'), errors]).toEqual([[{ shout: 'CUSTOMER 0!', hangs: null }], ["shop.customers.nodes.0.hangs: a field of the domain's own took too long"]])
  })
})
