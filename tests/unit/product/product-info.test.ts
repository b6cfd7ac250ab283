import { execute, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { parseContract, type DataProduct } from '@polyseme/kit/contract'
import { listPromises, PromiseStore } from '@polyseme/kit/promise'
import { buildDomainSubgraph, CursorCodec } from '@polyseme/kit/product'
import type { Source } from '@polyseme/kit/source'
import { at, shopCall, type ShopCall } from '../../testkit/shop-domain.ts'

const PRODUCT = productOf(`apiVersion: v3.1.0
kind: DataContract
id: people
name: people
version: 2.1.0
status: active
domain: shop
description: { purpose: Everybody. }
team: { name: People Team }
customProperties: [{ property: title, value: People }]
schema:
  - name: Person
    customProperties:
      - { property: rowFilter, value: { property: region, claim: regions, unlessScopes: ['shop:all-regions'] } }
    quality:
      - { metric: rowCount, mustBeGreaterThan: 0 }
      - { id: odd, type: sql, query: 'SELECT count(*) FROM {object}', mustBe: 0, severity: warning, name: Oddities, description: None of them. }
      - { id: people, type: text, description: Somebody looked. }
    properties:
      - { name: email, logicalType: string, classification: confidential, quality: [{ metric: nullValues, mustBe: 0 }] }
      - { name: region, logicalType: string }
roles: [{ role: 'shop:read', access: read }]
`)

function productOf(text: string): DataProduct {
  const parsed = parseContract(text, { file: 'people.odcs.yaml' })
  if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('; '))
  return parsed.value
}

const subgraph = buildDomainSubgraph([PRODUCT])
const QUERY = '{ shop { _products { urn domain name title description version status owner ownerEmail promises { id kind name description target severity state measured unit measuredAt since reason } } } }'

async function ask(store: PromiseStore | undefined, call: ShopCall = {}, query = QUERY): Promise<unknown> {
  const document = parse(query)
  expect(validate(subgraph.schema, document)).toEqual([])
  // A source that is not there: what products are is known without a statement.
  const run = { model: subgraph.model, source: undefined as unknown as Source, cursors: new CursorCodec(Buffer.alloc(32, 1)), call: shopCall(call) }
  const result = await execute({ schema: subgraph.schema, document, contextValue: { run, promises: store } })
  expect(result.errors).toBeUndefined()
  return JSON.parse(JSON.stringify(result.data))
}

function measured(): PromiseStore {
  const store = PromiseStore.inMemory()
  store.save(listPromises(PRODUCT).flatMap(({ id, product, evaluation }, index) =>
    evaluation.kind === 'check' ? [{ urn: product.urn, id, fingerprint: evaluation.fingerprint, state: index === 1 ? 'BROKEN' as const : 'KEPT' as const, measured: index + 10, measuredAtMs: 1_700_000_000_000 }] : []))
  return store
}

const numbers = (data: unknown): unknown => (at(data, 'shop._products.0.promises') as readonly { id: string; measured: number | null }[]).map((promise) => [promise.id, promise.measured])

describe('_products', () => {
  it('tells what a product is and how its promises stand', async () => {
    using store = measured()
    const moment = { measuredAt: '2023-11-14T22:13:20Z', since: '2023-11-14T22:13:20Z' }
    expect(at(await ask(store), 'shop._products')).toEqual([{
      urn: 'urn:dataproduct:shop:people:2', domain: 'shop', name: 'people', title: 'People', description: 'Everybody.', version: '2.1.0', status: 'active', owner: 'People Team', ownerEmail: null,
      promises: [
        { id: 'Person/rowCount', kind: 'ROW_COUNT', name: 'number of rows', description: null, target: 'more than 0 rows', severity: 'error', state: 'KEPT', measured: 10, unit: 'rows', reason: null, ...moment },
        { id: 'Person/odd', kind: 'QUERY', name: 'Oddities', description: 'None of them.', target: 'exactly 0', severity: 'warning', state: 'BROKEN', measured: 11, unit: null, reason: null, ...moment },
        { id: 'Person.email/nullValues', kind: 'COMPLETENESS', name: 'absent values of email', description: null, target: 'exactly 0 rows', severity: 'error', state: 'KEPT', measured: 12, unit: 'rows', reason: null, ...moment },
        { id: 'Person/people', kind: 'RULE', name: 'people', description: 'Somebody looked.', target: 'Somebody looked.', severity: 'error', state: 'NOT_RUN', measured: null, unit: null, measuredAt: null, since: null, reason: 'the rule is written for people' },
      ],
    }])
  })

  it('knows no state before anything was measured, and never calls that kept', async () => {
    const promises = at(await ask(undefined), 'shop._products.0.promises') as readonly { state: string; reason: string }[]
    expect(promises.map(({ state, reason }) => `${state} ${reason}`)).toEqual([...Array.from({ length: 3 }, () => 'UNKNOWN it has not been measured yet'), 'NOT_RUN the rule is written for people'])
  })

  it('takes no result for what the contract said before', async () => {
    using store = PromiseStore.inMemory()
    store.save([{ urn: PRODUCT.urn, id: 'Person/rowCount', fingerprint: 'another', state: 'KEPT', measured: 1, measuredAtMs: 1 }])
    expect(at(await ask(store), 'shop._products.0.promises.0')).toMatchObject({ state: 'UNKNOWN', measured: null, measuredAt: null })
  })

  it.each<[string, ShopCall, number | null]>([['with the numbers', {}, 11], ['without the numbers for whoever may not know them', { scopes: ['shop:read'], claims: { regions: ['EMEA'] } }, null]])('tells how a promise stood before, %s', async (_name, call, number) => {
    using store = PromiseStore.inMemory()
    const promise = listPromises(PRODUCT).find(({ id }) => id === 'Person/rowCount')
    if (promise?.evaluation.kind !== 'check') throw new TypeError('no check')
    const { fingerprint } = promise.evaluation
    for (const [index, state] of (['KEPT', 'BROKEN', 'KEPT'] as const).entries()) store.save([{ urn: PRODUCT.urn, id: promise.id, fingerprint, state, measured: 10 + index, measuredAtMs: 1_700_000_000_000 + index * 3_600_000 }])
    const history = async (args: string): Promise<unknown> => at(await ask(store, call, `{ shop { _products { promises { history${args} { measuredAt state measured reason } } } } }`), 'shop._products.0.promises.0.history')
    expect(await history('')).toMatchObject([{ measuredAt: '2023-11-15T00:13:20Z', state: 'KEPT' }, { measuredAt: '2023-11-14T23:13:20Z', state: 'BROKEN', measured: number, reason: null }, { measuredAt: '2023-11-14T22:13:20Z', state: 'KEPT' }])
    expect([await history('(first: 1)'), await history('(first: 0)'), await history('(first: -5)'), await history('(first: null)')].map((list) => (list as unknown[]).length)).toEqual([1, 0, 0, 3])
  })

  it('G15 names nothing of what the caller may not read; how many promises there are and how they stand, it tells', async () => {
    using store = measured()
    const promises = at(await ask(store, { scopes: [] }), 'shop._products.0.promises') as readonly { readonly state: string; readonly measured: number | null }[]
    expect(promises.map(({ state, measured: number }) => [state, number])).toEqual([['KEPT', null], ['BROKEN', null], ['KEPT', null], ['NOT_RUN', null]])
    expect(JSON.stringify(promises)).not.toMatch(/person|email|odd|somebody/i)
    expect(new Set(promises.map((promise) => (promise as unknown as { readonly id: string }).id)).size).toBe(4)
  })

  it.each<[string, ShopCall, readonly (number | null)[]]>([
    ['all numbers to a caller who reads everything in clear', {}, [10, 11, 12, null]],
    ['no number about rows of which some are filtered away', { scopes: ['shop:read'], claims: { regions: ['EMEA'] } }, [null, null, null, null]],
    ['no number about a masked field, and none of a query, which may be about any', { masks: { 'ShopPerson.email': { kind: 'null' } } }, [10, null, null, null]],
  ])('shows %s', async (_name, call, expected) => {
    using store = measured()
    expect(numbers(await ask(store, call))).toEqual(['Person/rowCount', 'Person/odd', 'Person.email/nullValues', 'Person/people'].map((id, index) => [id, expected[index]]))
  })
})
