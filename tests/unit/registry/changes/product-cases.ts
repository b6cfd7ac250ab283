import type { DataProduct, ProductObject, ProductProperty } from '@polyseme/kit/contract'
import { dataProduct, productObject, property } from '../../../testkit/product-fixtures.ts'

/** Two states of a domain's contracts, and the kind that tells them apart. */
export interface ProductCase {
  readonly kind: string
  readonly before: readonly DataProduct[]
  readonly after: readonly DataProduct[]
}

const ID = property('id', 'id', { required: true, unique: true })

function contractOf(more: Partial<DataProduct['contract']>): Partial<DataProduct> {
  return { contract: { apiVersion: 'v3.1.0', kind: 'DataContract', id: 'shop-sales', version: '1.0.0', status: 'active', ...more } }
}

function products(more: Partial<DataProduct>): readonly DataProduct[] {
  return [dataProduct('shop', 'sales', [productObject('shop', 'Order', [ID])], more)]
}

function ofProduct(kind: string, before: Partial<DataProduct>, after: Partial<DataProduct>): ProductCase {
  return { kind, before: products(before), after: products(after) }
}

function ofObject(kind: string, before: Partial<ProductObject>, after: Partial<ProductObject>): ProductCase {
  const state = (more: Partial<ProductObject>): readonly DataProduct[] => [dataProduct('shop', 'sales', [productObject('shop', 'Order', [ID], more)])]
  return { kind, before: state(before), after: state(after) }
}

function ofProperty(kind: string, before: Partial<ProductProperty>, after: Partial<ProductProperty>): ProductCase {
  const state = (more: Partial<ProductProperty>): readonly DataProduct[] => [dataProduct('shop', 'sales', [productObject('shop', 'Order', [ID, property('note', 'string', more)])])]
  return { kind, before: state(before), after: state(after) }
}

const FILTER = { field: 'region', claim: 'regions', unlessScopes: ['shop:all', 'shop:admin'] }
const SLA = (value: number): Partial<DataProduct> => contractOf({ slaProperties: [{ property: 'latency', value, unit: 'h' }, { property: 'retention', element: 'Order', value: 3, unit: 'y' }] })
const QUALITY = (mustBeGreaterThan: number): Partial<DataProduct> => contractOf({ schema: [{ name: 'Order', quality: [{ metric: 'rowCount', mustBeGreaterThan }], properties: [{ name: 'id' }] }] })

/** Every kind of change that the contracts show and the schema does not. */
export const PRODUCT_CASES: readonly ProductCase[] = [
  { kind: 'product-removed', before: products({}), after: [] },
  ofProduct('owner-removed', { owner: { name: 'orders team' } }, {}),
  ofProduct('major-version-changed', {}, { urn: 'urn:dataproduct:shop:sales:2' }),
  ofProduct('status-lowered', {}, { status: 'deprecated' }),
  ofProduct('agreement-dropped', { agreementRequired: true }, {}),
  ofProduct('agreement-required', {}, { agreementRequired: true }),
  ofProduct('promise-removed', SLA(4), contractOf({ slaProperties: [{ property: 'latency', value: 4, unit: 'h' }] })),
  ofProduct('promise-changed', SLA(4), SLA(24)),
  ofProduct('quality-rule-removed', QUALITY(10), contractOf({ schema: [{ name: 'Order', properties: [{ name: 'id' }] }] })),
  ofProduct('quality-rule-changed', QUALITY(10), QUALITY(0)),
  ofObject('key-removed', { keys: [['id'], ['number', 'region']] }, { keys: [['id']] }),
  ofObject('key-added', { keys: [['id']] }, { keys: [['id'], ['number', 'region']] }),
  ofObject('sense-declared', {}, { sense: 'shop.Order' }),
  ofObject('sense-changed', { sense: 'shop.Order' }, { sense: 'shop.Basket' }),
  ofObject('sense-changed', { sense: 'shop.Order' }, {}),
  ofObject('row-filter-removed', { rowFilters: [FILTER] }, {}),
  ofObject('row-filter-added', {}, { rowFilters: [FILTER] }),
  ofObject('page-cap-lowered', {}, { page: { defaultRows: 50, maxRows: 100 } }),
  ofObject('page-default-changed', {}, { page: { defaultRows: 10, maxRows: 1_000 } }),
  ofObject('group-threshold-lowered', { minGroupRows: 10 }, { minGroupRows: 5 }),
  ofObject('group-threshold-raised', {}, { minGroupRows: 5 }),
  ofObject('aggregate-guard-removed', { aggregateDimensions: ['region'] }, {}),
  ofObject('aggregate-guard-added', {}, { aggregateDimensions: ['region'] }),
  ofObject('aggregate-dimension-added', { aggregateDimensions: ['region'] }, { aggregateDimensions: ['region', 'month'] }),
  ofObject('aggregate-dimension-removed', { aggregateDimensions: ['region', 'month'] }, { aggregateDimensions: ['region'] }),
  ofProperty('classification-lowered', { classification: 'restricted' }, { classification: 'internal' }),
  ofProperty('classification-raised', { classification: 'internal' }, { classification: 'confidential' }),
  ofProperty('classification-changed', { classification: 'restricted' }, { classification: 'secret' }),
  ofProperty('uniqueness-dropped', { unique: true }, {}),
]
