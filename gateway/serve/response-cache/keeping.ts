import { findFreshnessSeconds, rootTypeOf, type DataProduct } from '@polyseme/kit/contract'
import { isCompositeType, isInputType, OperationTypeNode } from 'graphql'
import type { ParsedOperation } from '../../operation/index.ts'
import type { Supergraph } from '../../supergraph/index.ts'
import { operationCoordinates } from '../../usage/index.ts'

/** How the answer to an operation may be kept. */
export interface Keeping {
  readonly seconds: number
  /** Callers of equal rights and claims may share it; otherwise it is for its caller alone. */
  readonly shared: boolean
  /** It is made of links as well, so it ends with their version. */
  readonly ofLinks: boolean
}

// As shared/product names the types beside an object's own.
const DERIVED_TYPES = ['', 'Connection', 'Edge', 'Aggregate', 'Group', 'Counts', 'Sums', 'Averages', 'Extremes'] as const
const CROSSWALK = 'crosswalk'

/** A promise of freshness leaves a tenth of its time for answers that are kept. */
const SHARE_OF_FRESHNESS = 0.1

/**
 * Whether and how the answer to an operation may be kept: the shortest time of all products that it touches. Undefined for
 * mutations, and for whatever no contract speaks about: foreign subgraphs, what a domain adds with code of its own, who has access.
 */
export function keepingOf(operation: ParsedOperation, supergraph: Supergraph): Keeping | undefined {
  if (operation.operation.operation !== OperationTypeNode.QUERY) return undefined
  const coordinates = operationCoordinates(operation, supergraph.apiSchema)
  // The same set for the same document, unless variables add to it.
  let keeping = keepings.get(coordinates)
  if (keeping === undefined) keepings.set(coordinates, (keeping = judge(coordinates, supergraph) ?? 'none'))
  return keeping === 'none' ? undefined : keeping
}

const keepings = new WeakMap<ReadonlySet<string>, Keeping | 'none'>()

function judge(coordinates: ReadonlySet<string>, supergraph: Supergraph): Keeping | undefined {
  const products = productIndex(supergraph)
  const touched = new Set<DataProduct>()
  let ofLinks = false
  for (const coordinate of coordinates) {
    const place = placeOf(coordinate, supergraph, products)
    if (place === 'unknown') return undefined
    if (place === 'links') ofLinks = true
    else if (place !== 'open') touched.add(place)
  }
  // Whom a link leads to depends on what the caller sees of the record there, named in the operation or not.
  if (ofLinks) for (const product of products.linked) touched.add(product)
  if (touched.size === 0) return undefined
  const rules = [...touched].map(ruleOf)
  const seconds = Math.min(...rules.map((rule) => rule?.seconds ?? 0))
  return seconds < 1 ? undefined : { seconds, shared: !ofLinks && rules.every((rule) => rule?.shared === true), ofLinks }
}

function ruleOf(product: DataProduct): { readonly seconds: number; readonly shared: boolean } | undefined {
  const { responseCache } = product
  if (responseCache !== undefined) return responseCache.kind === 'none' ? undefined : { seconds: responseCache.seconds, shared: responseCache.scope === 'shared' }
  const freshness = findFreshnessSeconds(product)
  return freshness === undefined ? undefined : { seconds: Math.floor(freshness * SHARE_OF_FRESHNESS), shared: false }
}

/** What a coordinate shows: a product, links, nothing that could change (`open`), or something that no contract speaks about. */
type Place = DataProduct | 'links' | 'open' | 'unknown'

function placeOf(coordinate: string, supergraph: Supergraph, products: ProductIndex): Place {
  const dot = coordinate.indexOf('.')
  const typeName = dot === -1 ? coordinate : coordinate.slice(0, dot)
  const type = supergraph.apiSchema.getType(typeName)
  if (type === undefined || isInputType(type)) return products.ofInput(typeName) ?? 'open'
  if (!isCompositeType(type)) return 'open'
  // A type by itself is judged by its fields, of which at least `__typename` is asked; only of rows it tells that they are there.
  if (dot === -1) return products.ofType.get(typeName) ?? 'open'
  if (coordinate.includes('(')) return 'open'
  const owners = supergraph.owners.get(coordinate) ?? []
  if (owners.length > 0 && owners.every((owner) => owner === CROSSWALK)) return 'links'
  const place = products.ofField(typeName, coordinate.slice(dot + 1)) ?? 'unknown'
  if (typeof place === 'string') return place
  // A key is the same wherever it is read; of what else another domain adds to its types the contract says nothing.
  const isPromised = products.keys.has(coordinate) ? owners.includes(place.domain) : owners.every((owner) => owner === place.domain || owner === CROSSWALK)
  return isPromised ? place : 'unknown'
}

interface ProductIndex {
  /** By output type: the object's own and those that the kit derives. */
  readonly ofType: ReadonlyMap<string, DataProduct>
  readonly ofInput: (typeName: string) => DataProduct | undefined
  /** Coordinates of key fields. */
  readonly keys: ReadonlySet<string>
  readonly ofField: (typeName: string, field: string) => DataProduct | 'open' | undefined
  /** With an object that is a sense, to which links may lead. */
  readonly linked: readonly DataProduct[]
}

const indexes = new WeakMap<Supergraph, ProductIndex>()

function productIndex(supergraph: Supergraph): ProductIndex {
  let index = indexes.get(supergraph)
  if (index === undefined) indexes.set(supergraph, (index = buildIndex(supergraph)))
  return index
}

function buildIndex(supergraph: Supergraph): ProductIndex {
  const ofType = new Map<string, DataProduct>()
  const ofField = new Map<string, DataProduct | 'open'>()
  const keys = new Set<string>()
  // Types of which the kit makes every field.
  const whole = new Set<string>()
  const products = [...supergraph.subgraphs.values()].flatMap((subgraph) => subgraph.products)
  const objectTypes: string[] = []
  for (const product of products) {
    const rootType = rootTypeOf(product.domain)
    for (const object of product.objects) {
      const { typeName, fields, properties, relationships } = object
      objectTypes.push(typeName)
      for (const suffix of DERIVED_TYPES) {
        ofType.set(`${typeName}${suffix}`, product)
        if (suffix !== '') whole.add(`${typeName}${suffix}`)
      }
      if (product.responseCache?.kind === 'keep') whole.add(typeName)
      for (const field of object.keys.flat()) keys.add(`${typeName}.${field}`)
      for (const name of Object.values(fields)) ofField.set(`${rootType}.${name}`, product)
      for (const { field } of properties) ofField.set(`${typeName}.${field}`, product)
      for (const { field } of relationships) for (const name of [field, `${field}Aggregate`]) ofField.set(`${typeName}.${name}`, product)
    }
  }
  const roots = new Set(products.map(({ domain }) => rootTypeOf(domain)))
  const queryType = supergraph.apiSchema.getQueryType()
  for (const field of Object.values(queryType?.getFields() ?? {})) if (roots.has(String(field.type))) ofField.set(`${queryType?.name}.${field.name}`, 'open')
  // The longest name first: `SalesOrderLineWhere` is of SalesOrderLine, not of SalesOrder.
  const longestFirst = objectTypes.toSorted((left, right) => right.length - left.length)
  return {
    ofType,
    keys,
    ofInput: (typeName) => ofType.get(longestFirst.find((name) => typeName.startsWith(name)) ?? ''),
    ofField: (typeName, field) => typeName === 'PageInfo' ? 'open' : ofField.get(`${typeName}.${field}`) ?? (whole.has(typeName) ? ofType.get(typeName) : undefined),
    linked: products.filter(({ objects }) => objects.some(({ sense }) => sense !== undefined)),
  }
}
