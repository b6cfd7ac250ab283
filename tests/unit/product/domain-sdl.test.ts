import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseContracts } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { buildDomainSdl, buildDomainSubgraph } from '@polyseme/kit/product'
import { findDeprecated } from '../../../gateway/registry/index.ts'
import { expectGolden } from '../../testkit/golden.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { SHOP } from '../../testkit/shop-domain.ts'

const golden = (name: string): string => join(import.meta.dirname, 'golden', name)

/** Every type of property, lists, no key, no roles, a name with a dash. */
const EVERYTHING = dataProduct('field-office', 'everything', [
  productObject('fieldOffice', 'Thing', [
    property('a_string', 'string', { description: 'A text with "quotes", a \\ and\ntwo lines.' }),
    property('a_boolean', 'boolean'), property('an_integer', 'integer'), property('a_bigint', 'bigint'), property('a_number', 'number'),
    property('a_decimal', 'decimal'), property('a_date', 'date'), property('a_timestamp', 'timestamp'), property('a_time', 'time'),
    property('a_json', 'json'), property('an_id', 'id'), property('strings', 'string', { list: true }),
    property('status', 'enum', { values: [{ name: 'ON_HOLD', value: 'on hold', description: 'Waits.' }] }),
    property('mood', 'enum', { list: true, values: [{ name: 'GOOD', value: 'good' }] }),
  ], { typeName: 'FieldOfficeThing' }),
], { readScopes: [] })

describe('buildDomainSdl', () => {
  it('gives the documented graph of a domain', async () => {
    await expectGolden(golden('shop.graphql'), buildDomainSdl([SHOP]))
  })

  it('gives every type of property its scalar, filter and aggregates', async () => {
    await expectGolden(golden('everything.graphql'), buildDomainSdl([EVERYTHING]))
  })

  it('is what the running subgraph says of itself', () => {
    expect(buildDomainSubgraph([SHOP]).sdl).toBe(buildDomainSdl([SHOP]))
  })

  it('composes with other domains, and no type of a protected product is left open', () => {
    const { errors, supergraphSdl } = composeServices([SHOP, EVERYTHING].map((product) => ({ name: product.domain, url: `http://${product.domain}.test`, typeDefs: parse(buildDomainSdl([product])) })))
    expect(errors).toBeUndefined()
    const open = [...(supergraphSdl ?? '').matchAll(/^type (\w+)([\s\S]*?)\{/gm)].filter(([, , head]) => !/@requiresScopes|@authenticated/.test(head ?? '')).map(([, name]) => name)
    expect(new Set(open)).toEqual(new Set(['FieldOfficeQuery', 'PageInfo', 'Query', 'ShopQuery']))
  })

  it('marks what goes away wherever it can be asked for, with the day and the replacement as the graph names it', () => {
    const product = parseContracts([{ file: 'a.odcs.yaml', text: `
apiVersion: v3.1.0
kind: DataContract
id: shop
name: shop
version: 1.0.0
status: active
domain: shop
schema:
  - name: Order
    properties:
      - { name: order_id, logicalType: integer, primaryKey: true, required: true }
      - { name: note, logicalType: string, deprecated: true, customProperties: [{ property: removalDate, value: '2027-03-31' }, { property: replacedBy, value: free_text }] }
      - { name: free_text, logicalType: string }
      - { name: client_id, logicalType: integer, relationships: [{ to: Client.client_id }] }
  - name: Client
    deprecated: true
    customProperties: [{ property: removalDate, value: '2027-01-31' }, { property: replacedBy, value: none }]
    properties:
      - { name: client_id, logicalType: integer, primaryKey: true, required: true }
` }], {})
    if (product.kind !== 'ok') throw new Error(JSON.stringify(product.diagnostics))
    const sdl = buildDomainSdl(product.value)
    expect(Object.fromEntries(findDeprecated(sdl))).toEqual({
      ...Object.fromEntries(['ShopOrder', 'ShopOrderWhere', 'ShopOrderOrderBy', 'ShopOrderGroup', 'ShopOrderGroupField', 'ShopOrderCounts', 'ShopOrderExtremes', 'ShopOrderCountsHaving', 'ShopOrderExtremesHaving', 'ShopOrderGroupOrderBy', 'ShopOrderCountsOrderBy', 'ShopOrderExtremesOrderBy']
        .map((type) => [`${type}.note`, 'Will be removed on 2027-03-31. Use ShopOrder.freeText instead.'])),
      ...Object.fromEntries(['ShopQuery.clients', 'ShopQuery.clientByKey', 'ShopQuery.clientsAggregate', 'ShopOrder.client'].map((coordinate) => [coordinate, 'Will be removed on 2027-01-31.'])),
    })
    const { errors, supergraphSdl } = composeServices([{ name: 'shop', url: 'http://shop.test', typeDefs: parse(sdl) }])
    expect(errors).toBeUndefined()
    expect(Object.keys(Object.fromEntries(findDeprecated(supergraphSdl ?? '')))).toHaveLength(16)
  })

  it.each([
    ['two objects of one type', [productObject('lab', 'A', [property('x', 'string')]), productObject('lab', 'A', [property('x', 'string')])], 'two objects of lab are called LabA'],
    ['a relationship that leads nowhere', [productObject('lab', 'A', [property('x', 'string')], { relationships: [{ field: 'b', cardinality: 'one', toType: 'LabB', on: [] }] })], 'leads to LabB'],
    ['a relationship on a field that is not there', [productObject('lab', 'A', [property('x', 'string')], { relationships: [{ field: 'b', cardinality: 'one', toType: 'LabA', on: [{ from: 'y', to: 'x' }] }] })], 'joins on y'],
    ['a row filter on a field that is not there', [productObject('lab', 'A', [property('x', 'string')], { rowFilters: [{ field: 'y', claim: 'c', unlessScopes: [] }] })], 'the row filter names y'],
    ['a field that means something in a filter', [productObject('lab', 'A', [property('not', 'string')])], 'reserved'],
    ['an object named like what stands beside another', [productObject('lab', 'A', [property('x', 'string')]), productObject('lab', 'AEdge', [property('x', 'string')])], 'declared twice'],
  ])('refuses %s', (_name, objects, reason) => {
    expect(() => buildDomainSdl([dataProduct('lab', 'p', objects)])).toThrow(expect.objectContaining({ constructor: GatewayError, code: 'CONTRACT_INVALID', message: expect.stringContaining(reason) as unknown }) as Error)
  })
})
