import { execute, getVariableValues, Kind, parse, validate, type DocumentNode, type ExecutionResult } from 'graphql'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { DataProduct } from '@polyseme/kit/contract'
import type { CallIdentity, Mask, RowRestrictions } from '@polyseme/kit/identity'
import { answerDirectly, buildDomainSubgraph, CursorCodec, type DomainSubgraph, type QueryRun } from '@polyseme/kit/product'
import { DuckDbSource, PostgresSource, type Source, type StatementReport } from '@polyseme/kit/source'
import { fillParquet, fillPostgres } from './domain-oracle/fill-sources.ts'
import type { OracleRow, RandomDomain } from './domain-oracle/random-domain.ts'
import type { PostgresServer } from './postgres.ts'
import { dataProduct, productObject, property } from './product-fixtures.ts'

const TIERS = [{ name: 'GOLD', value: 'gold' }, { name: 'SILVER', value: 'silver' }]

/** A small shop: customers of three regions, orders, lines (composite key), and a survey whose small groups are protected. */
export const SHOP: DataProduct = dataProduct('shop', 'sales', [
  productObject('shop', 'Customer', [
    property('customer_id', 'bigint', { required: true }),
    property('name', 'string', { description: 'Legal name.' }),
    property('region', 'string'),
    property('email', 'string', { classification: 'confidential' }),
    property('credit', 'decimal', { readScopes: ['shop:finance'] }),
    property('born', 'date', { classification: 'restricted' }),
    property('tier', 'enum', { values: TIERS }),
  ], {
    description: 'Whoever bought something.',
    keys: [['customerId'], ['email']],
    rowFilters: [{ field: 'region', claim: 'regions', unlessScopes: ['shop:all-regions'] }],
    relationships: [{ field: 'orders', cardinality: 'many', toType: 'ShopOrder', on: [{ from: 'customerId', to: 'customerId' }] }],
  }),
  productObject('shop', 'Order', [
    property('order_id', 'integer', { required: true }),
    property('customer_id', 'bigint'),
    property('amount', 'decimal'),
    property('ordered_at', 'timestamp'),
  ], {
    keys: [['orderId']],
    relationships: [
      { field: 'customer', cardinality: 'one', toType: 'ShopCustomer', on: [{ from: 'customerId', to: 'customerId' }] },
      { field: 'lines', cardinality: 'many', toType: 'ShopLine', on: [{ from: 'orderId', to: 'orderId' }] },
    ],
  }),
  productObject('shop', 'Line', [
    property('order_id', 'integer', { required: true }),
    property('line_no', 'integer', { required: true }),
    property('article', 'string'),
  ], {
    keys: [['orderId', 'lineNo']],
    relationships: [{ field: 'order', cardinality: 'one', toType: 'ShopOrder', on: [{ from: 'orderId', to: 'orderId' }] }],
  }),
  productObject('shop', 'Answer', [property('town', 'string'), property('score', 'integer')], { minGroupRows: 3 }),
])

export const CUSTOMERS = 30
const REGIONS = ['EMEA', 'APAC', 'AMER']

export function shopRows(): RandomDomain['rows'] {
  const range = (length: number): number[] => Array.from({ length }, (_unused, index) => index)
  const customers = range(CUSTOMERS).map((index): OracleRow => ({
    customerId: BigInt(index),
    name: `Customer ${index}`,
    region: REGIONS[index % 3] ?? null,
    email: `user${index}@example.com`,
    credit: BigInt(index) * 10_000n,
    born: `19${50 + (index % 40)}-06-15`,
    tier: ['gold', 'silver', null][index % 3] ?? null,
  }))
  const orders = range(90).map((index): OracleRow => ({
    orderId: BigInt(index),
    customerId: index % 10 === 9 ? null : BigInt(index % 25),
    amount: BigInt(index) * 12_500n,
    orderedAt: 1_700_000_000_000_000n + BigInt(index) * 3_600_000_000n,
  }))
  const lines = range(270).map((index): OracleRow => ({ orderId: BigInt(index % 90), lineNo: BigInt(Math.floor(index / 90)), article: `Article ${index % 7}` }))
  const answers = range(10).map((index): OracleRow => ({ town: index < 7 ? 'Large' : index < 9 ? 'Small' : 'Tiny', score: BigInt(index % 5) }))
  return new Map([['ShopCustomer', customers], ['ShopOrder', orders], ['ShopLine', lines], ['ShopAnswer', answers]])
}

export interface ShopCall {
  readonly scopes?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
  readonly masks?: Readonly<Record<string, Mask>>
  readonly maskKey?: string
  readonly rowRestrictions?: RowRestrictions
}

/** A caller of the shop; by default one who may see everything in clear. */
export function shopCall(call: ShopCall = {}): CallIdentity {
  const scopes = new Set(call.scopes ?? ['shop:read', 'shop:all-regions', 'shop:finance'])
  const principal = { issuer: 'https://issuer.test', subject: 'someone', scopes, roles: [], claims: call.claims ?? {}, expiresAtSec: 0 }
  return { principal, masks: call.masks ?? {}, ...(call.rowRestrictions === undefined ? {} : { rowRestrictions: call.rowRestrictions }), ...(call.maskKey === undefined ? {} : { maskKey: call.maskKey }) }
}

/** What a query of the shop gave, and the statements that it took. */
export interface ShopAnswer {
  readonly data: Record<string, unknown> | null
  readonly errors: readonly { readonly message: string; readonly code: unknown; readonly path: string }[]
  readonly statements: readonly StatementReport[]
}

/** The shop on an engine, asked without HTTP. */
export class Shop implements AsyncDisposable {
  readonly subgraph: DomainSubgraph
  readonly source: Source
  readonly cursors = new CursorCodec(Buffer.alloc(32, 1))
  readonly #documents = new Map<string, DocumentNode>()
  readonly #reports: StatementReport[]
  readonly #cleanUp: () => Promise<void>

  private constructor(product: DataProduct, source: Source, reports: StatementReport[], cleanUp: () => Promise<void>) {
    this.subgraph = buildDomainSubgraph([product])
    this.source = source
    this.#reports = reports
    this.#cleanUp = cleanUp
  }

  static async inFiles(): Promise<Shop> {
    const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-shop-'))
    await fillParquet({ product: SHOP, rows: shopRows() }, dataDir)
    const reports: StatementReport[] = []
    const source = await DuckDbSource.open({ products: [SHOP], dataDir, threads: 1, onStatement: (report) => reports.push(report) })
    return new Shop(SHOP, source, reports, () => rm(dataDir, { recursive: true, force: true }))
  }

  static async inPostgres(server: PostgresServer): Promise<Shop> {
    const product = await fillPostgres({ product: SHOP, rows: shopRows() }, server, 'shop')
    const reports: StatementReport[] = []
    const source = await PostgresSource.open({ products: [product], access: { user: server.user }, onStatement: (report) => reports.push(report) })
    return new Shop(product, source, reports, () => Promise.resolve())
  }

  /** Asks for text from the database and, resolving each field, by graphql-js; the two must give the same. */
  async ask(text: string, options: { readonly variables?: Record<string, unknown>; readonly call?: ShopCall } = {}): Promise<ShopAnswer> {
    const { model, schema } = this.subgraph
    const document = this.#document(text)
    this.#reports.length = 0
    const run = { model, source: this.source, cursors: this.cursors, call: shopCall(options.call) }
    const direct = await this.#askDirectly(document, run, options.variables ?? {})
    const statements = [...this.#reports]
    const result: ExecutionResult = await execute({ schema, document, variableValues: options.variables ?? {}, contextValue: { run } })
    const errors = (result.errors ?? []).map((error) => errorOf(error.originalError, error.message, error.path ?? []))
    const data: unknown = JSON.parse(JSON.stringify(result.data ?? null))
    if (direct === undefined) return { data: data as Record<string, unknown> | null, errors, statements: this.#reports.slice(statements.length) }
    expect(direct.data).toEqual(data)
    expect(new Set(direct.errors)).toEqual(new Set(errors))
    return { ...direct, statements }
  }

  #document(text: string): DocumentNode {
    const known = this.#documents.get(text)
    if (known !== undefined) return known
    const document = parse(text)
    const invalid = validate(this.subgraph.schema, document)
    if (invalid.length > 0) throw new TypeError(`the test's own query is wrong: ${invalid.map((error) => error.message).join('; ')}`)
    this.#documents.set(text, document)
    return document
  }

  async #askDirectly(document: DocumentNode, run: QueryRun, variables: Record<string, unknown>): Promise<Pick<ShopAnswer, 'data' | 'errors'> | undefined> {
    const { model, schema, requirements } = this.subgraph
    const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    const coerced = operation === undefined ? undefined : getVariableValues(schema, operation.variableDefinitions ?? [], variables).coerced
    if (operation === undefined || coerced === undefined) return undefined
    const context = { schema, model, fragments: Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])), variables: coerced, requirements }
    const answer = await answerDirectly({ run, context }, operation)
    if (answer === undefined) return undefined
    const data = JSON.parse(answer.data) as Record<string, unknown> | null
    return { data, errors: answer.failures.map((failure) => errorOf(failure.error, failure.error.message, failure.path)) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close()
    await this.#cleanUp()
  }
}

function errorOf(cause: unknown, message: string, path: readonly (string | number)[]): ShopAnswer['errors'][number] {
  const code: unknown = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return { message, code, path: path.join('.') }
}

/** Digs into an answer: `at(data, 'shop.customers.nodes.0.name')`. */
export function at(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined
  return found
}
