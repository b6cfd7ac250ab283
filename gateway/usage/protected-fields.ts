import type { Supergraph } from '../supergraph/index.ts'

interface FieldFacts {
  readonly field: string
  /** Undefined where anyone who may read the product may know that it was read. */
  readonly classification: string | undefined
  readonly product: string
}

/** Fields with their classification, and products. */
export interface ProtectedFields {
  readonly fields: Readonly<Record<string, string>>
  readonly products: readonly string[]
}

const OPEN_CLASSIFICATIONS: ReadonlySet<string | undefined> = new Set([undefined, 'public', 'internal'])

// A field is used as well where it is filtered, sorted or aggregated; the kit names those types after the object.
const TYPES_OF_AN_OBJECT = ['', 'Where', 'OrderBy', 'Counts', 'Sums', 'Averages', 'Extremes'] as const

const indexes = new WeakMap<Supergraph, ReadonlyMap<string, FieldFacts>>()

/** Which of the coordinates show or use a field above `internal`, and of which products they are. */
export function findProtectedFields(coordinates: Iterable<string>, supergraph: Supergraph): ProtectedFields {
  const index = indexOf(supergraph)
  const fields: Record<string, string> = {}
  const products = new Set<string>()
  for (const coordinate of coordinates) {
    const facts = index.get(coordinate)
    if (facts === undefined) continue
    products.add(facts.product)
    if (facts.classification !== undefined) fields[facts.field] = facts.classification
  }
  return { fields, products: [...products].sort() }
}

function indexOf(supergraph: Supergraph): ReadonlyMap<string, FieldFacts> {
  let index = indexes.get(supergraph)
  if (index === undefined) indexes.set(supergraph, (index = buildIndex(supergraph)))
  return index
}

function buildIndex(supergraph: Supergraph): ReadonlyMap<string, FieldFacts> {
  const index = new Map<string, FieldFacts>()
  for (const { products } of supergraph.subgraphs.values()) {
    for (const { urn, objects } of products) {
      const product = urn.split(':').slice(2, 4).join('/')
      for (const { typeName, properties } of objects) {
        for (const { field, classification } of properties) {
          const facts = { field: `${typeName}.${field}`, classification: OPEN_CLASSIFICATIONS.has(classification) ? undefined : classification, product }
          for (const suffix of TYPES_OF_AN_OBJECT) index.set(`${typeName}${suffix}.${field}`, facts)
        }
      }
    }
  }
  return index
}
