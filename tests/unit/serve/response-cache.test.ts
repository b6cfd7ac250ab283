import type { DataProduct } from '@polyseme/kit/contract'
import { buildDomainSdl } from '@polyseme/kit/product'
import { describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import { cacheHeaders, readCacheControl } from '../../../gateway/serve/response-cache/cache-use.ts'
import { keepingOf, type Keeping } from '../../../gateway/serve/response-cache/keeping.ts'
import { ResponseCache } from '../../../gateway/serve/response-cache/response-cache.ts'
import { composeSupergraph, type Supergraph } from '../../../gateway/supergraph/index.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'

const id = property('id', 'integer', { required: true })

/** A domain of one product per rule, each with one object; orders belong to customers. */
function productOf(name: string, more: Partial<DataProduct>, relation = {}): DataProduct {
  return dataProduct('sales', name.toLowerCase(), [productObject('sales', name, [id, property('name', 'string')], { keys: [['id']], ...relation })], more)
}

const latency = (value: string | number, unit?: string): Partial<DataProduct> => ({
  contract: { apiVersion: 'v3.1.0', kind: 'DataContract', id: 'x', version: '1.0.0', status: 'active', slaProperties: [{ property: 'latency', value, ...(unit === undefined ? {} : { unit }) }, { property: 'frequency', value: 1, unit: 'd' }] },
})

const PRODUCTS = [
  productOf('Customer', latency(1, 'h'), { relationships: [{ field: 'orders', cardinality: 'many', toType: 'SalesOrder', on: [{ from: 'id', to: 'id' }] }] }),
  productOf('Order', latency('PT10M')),
  productOf('OrderLine', latency('soon')),
  productOf('Lead', {}),
  productOf('Region', { ...latency(1, 'd'), responseCache: { kind: 'keep', seconds: 7, scope: 'shared' } }),
  productOf('Secret', { ...latency(1, 'd'), responseCache: { kind: 'none' } }),
]

const GRAPH = ((): Supergraph => {
  const own = 'extend type SalesCustomer { score: Int } extend type SalesRegion { score: Int } extend type SalesQuery { now: String }'
  const composed = composeSupergraph([
    { name: 'sales', url: 'http://sales.test/', sdl: `${buildDomainSdl(PRODUCTS)}\n${own}`, products: PRODUCTS },
    { name: 'other', url: 'http://other.test/', sdl: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) type Query { whoami: String } type SalesRegion @key(fields: "id") { id: Int! foreign: Int }', products: [] },
  ], { sharedTypes: 'any' })
  if (composed.kind === 'invalid') throw new Error(JSON.stringify(composed.diagnostics))
  return composed.value
})()

function keeping(query: string, variables: Readonly<Record<string, unknown>> = {}): Keeping | undefined {
  return keepingOf(parseOperation({ query, variables }, GRAPH, DEFAULT_OPERATION_LIMITS), GRAPH)
}

describe('how long an answer may be kept', () => {
  it.each([
    ['a tenth of what its contract promises', '{ sales { customers { nodes { id name } } } }', 360],
    ['counts and aggregates are of the product too', '{ sales { customers { totalCount } customersAggregate { count } } }', 360],
    ['the shortest of all products, over relations', '{ sales { customers { nodes { orders { nodes { id } } } } } }', 60],
    ['the shortest of all products, where only types are asked', '{ sales { customers { nodes { id } } orders { __typename } } }', 60],
    ['what the contract says itself', '{ sales { regions { nodes { id } } } }', 7],
    ['what a domain adds, where the contract says it itself', '{ sales { regions { nodes { score } } } }', 7],
  ])('%s', (_, query, seconds) => {
    expect(keeping(query)?.seconds).toBe(seconds)
  })

  it.each([
    ['a contract without a promise', '{ sales { leads { nodes { id } } } }'],
    ['a promise that is no time', '{ sales { orderLines { nodes { id } } } }'],
    ['a contract that says none', '{ sales { secrets { nodes { id } } } }'],
    ['a field that a domain adds', '{ sales { customers { nodes { score } } } }'],
    ['a root field that a domain adds', '{ sales { now customers { nodes { id } } } }'],
    ['a field that another domain adds', '{ sales { regions { nodes { foreign } } } }'],
    ['a foreign subgraph', '{ whoami sales { customers { nodes { id } } } }'],
    ['nothing of any product', '{ __typename sales { __typename } }'],
    ['introspection', '{ __schema { queryType { name } } sales { customers { nodes { id } } } }'],
  ])('not at all: %s', (_, query) => {
    expect(keeping(query)).toBeUndefined()
  })

  it('goes by what variables filter by as well', () => {
    const query = 'query ($where: SalesCustomerWhere) { sales { customers(where: $where) { nodes { id } } } }'
    expect(keeping(query, { where: { name: { eq: 'x' } } })?.seconds).toBe(360)
    expect(keeping(query, { where: { orders: { some: { name: { eq: 'x' } } } } })?.seconds).toBe(60)
  })

  it('is shared only where every contract says so', () => {
    expect(keeping('{ sales { regions { nodes { id } } } }')?.shared).toBe(true)
    expect(keeping('{ sales { regions { nodes { id } } customers { nodes { id } } } }')?.shared).toBe(false)
  })
})

describe('the memory of kept answers', () => {
  const answer = (length: number, asOfMs = 0): Parameters<ResponseCache['keep']>[1] => ({ text: 'x'.repeat(length), asOfMs, seconds: 10, rows: { outermost: 1, all: 1 } })

  it('is bounded, and no answer takes most of it', () => {
    const cache = new ResponseCache({ maxBytes: 100_000, clock: () => 0 })
    for (let key = 0; key < 1_000; key++) cache.keep(`${key}`, answer(1_000))
    expect(cache.statistics.bytes).toBeLessThanOrEqual(100_000)
    expect([cache.find('0'), cache.find('999')?.text.length]).toEqual([undefined, 1_000])
    cache.keep('big', answer(10_000))
    expect(cache.find('big')).toBeUndefined()
  })

  it('gives nothing whose time is over', () => {
    let nowMs = 5_000
    const cache = new ResponseCache({ maxBytes: 100_000, clock: () => nowMs })
    cache.keep('a', answer(10, 5_000))
    nowMs = 14_999
    expect(cache.find('a')).toBeDefined()
    nowMs = 15_000
    expect(cache.find('a')).toBeUndefined()
  })
})

describe('Cache-Control', () => {
  it.each([
    [undefined, { keeps: true, maxAgeSec: Infinity }],
    ['no-cache', { keeps: true, maxAgeSec: -1 }],
    ['NO-STORE', { keeps: false, maxAgeSec: -1 }],
    ['max-age=0', { keeps: true, maxAgeSec: 0 }],
    ['no-transform, max-age=20', { keeps: true, maxAgeSec: 20 }],
    ['max-age=-5, only-if-cached, max-age=x', { keeps: true, maxAgeSec: Infinity }],
  ])('%s of a request', (text, expected) => {
    expect(readCacheControl(text === undefined ? {} : { 'cache-control': text })).toEqual(expected)
  })

  it('of an answer says its age and for how long it is good', () => {
    expect(cacheHeaders({ text: '', asOfMs: 1_000, seconds: 30, rows: { outermost: 0, all: 0 } }, 5_999)).toEqual({ age: '4', 'cache-control': 'private, max-age=30', vary: 'authorization, x-purpose, x-polyseme-canary, accept' })
  })
})
