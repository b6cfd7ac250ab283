import type { DataProduct, ProductProperty } from '@polyseme/kit/contract'

/** Words that policies may use beside what the contracts say; a list that is absent is not checked. */
export interface PolicyVocabulary {
  readonly roles?: readonly string[]
  readonly purposes?: readonly string[]
  readonly regions?: readonly string[]
}

/** A field of a data product as policies see it. */
export interface PolicyField {
  /** `SupportCustomer.email`. */
  readonly coordinate: string
  /** As in the contract: `email`. */
  readonly name: string
  /** GraphQL type: `SupportCustomer`. */
  readonly object: string
  /** `support/customers`. */
  readonly product: string
  readonly domain: string
  /** Lower case; `internal` where the contract says nothing. */
  readonly classification: string
  readonly type: ProductProperty['type']
  readonly list: boolean
  /** Part of a key of its object: it identifies the record in every other domain, so it cannot be masked. */
  readonly key: boolean
  /** The graph promises a value: a mask may not make it null. */
  readonly nonNull: boolean
  readonly readScopes: readonly string[]
  /** Values of an enum field, which a constant or hash would fall out of. */
  readonly enumerated: boolean
}

export interface PolicyProduct {
  /** `support/customers`. */
  readonly id: string
  readonly domain: string
  readonly readScopes: readonly string[]
  /** Reading needs an approved access agreement; from the contract's custom property `agreement`. */
  readonly needsAgreement: boolean
}

/** What policies can speak about. */
export interface PolicyMesh {
  readonly domains: readonly string[]
  readonly products: ReadonlyMap<string, PolicyProduct>
  /** By coordinate. */
  readonly fields: ReadonlyMap<string, PolicyField>
  /** Coordinates of each GraphQL type. */
  readonly objects: ReadonlyMap<string, readonly string[]>
  readonly classifications: readonly string[]
  /** Properties that an object's aggregates are made by, where its contract guards their differences. */
  readonly dimensions: ReadonlyMap<string, readonly string[]>
  /** Types of subgraphs that are not built from their contracts: no row filter can be applied to them. */
  readonly foreignObjects: ReadonlySet<string>
  readonly vocabulary: PolicyVocabulary
}

/** Classification of a field whose contract gives none. */
export const UNCLASSIFIED = 'internal'

// A field above this classification is nullable in the graph even when it is required in the data.
const CLASSIFICATIONS_KEPT_NON_NULL: ReadonlySet<string> = new Set(['public', UNCLASSIFIED])

/** Gathers what the contracts of a mesh let policies speak about; `foreign` names the domains that serve themselves. O(fields). */
export function buildPolicyMesh(contracts: readonly DataProduct[], vocabulary: PolicyVocabulary = {}, foreign: ReadonlySet<string> = new Set()): PolicyMesh {
  const products = new Map<string, PolicyProduct>()
  const fields = new Map<string, PolicyField>()
  const objects = new Map<string, readonly string[]>()
  for (const contract of contracts) {
    const id = productId(contract)
    products.set(id, { id, domain: contract.domain, readScopes: contract.readScopes, needsAgreement: contract.agreementRequired === true })
    for (const object of contract.objects) {
      const keys = new Set(object.keys.flat())
      const own = object.properties.map((property) => policyField(property, { id, contract, object: object.typeName, key: keys.has(property.field) }))
      for (const field of own) fields.set(field.coordinate, field)
      objects.set(object.typeName, own.map((field) => field.coordinate))
    }
  }
  return {
    domains: [...new Set(contracts.map((contract) => contract.domain))].sort(),
    products,
    fields,
    objects,
    classifications: [...new Set(['public', 'internal', 'confidential', 'restricted', ...[...fields.values()].map((field) => field.classification)])].sort(),
    dimensions: new Map(contracts.flatMap(({ objects: own }) => own.flatMap(({ typeName, aggregateDimensions }) => (aggregateDimensions === undefined ? [] : [[typeName, aggregateDimensions] as const])))),
    foreignObjects: new Set(contracts.filter(({ domain }) => foreign.has(domain)).flatMap(({ objects: own }) => own.map(({ typeName }) => typeName))),
    vocabulary,
  }
}

/** `<domain>/<product>`: the name of a product in policies and agreements, without the contract's major version. */
export function productId(contract: DataProduct): string {
  return contract.urn.split(':').slice(2, 4).join('/')
}

interface FieldPlace {
  readonly id: string
  readonly contract: DataProduct
  readonly object: string
  readonly key: boolean
}

function policyField(property: ProductProperty, { id, contract, object, key }: FieldPlace): PolicyField {
  const classification = property.classification ?? UNCLASSIFIED
  return {
    coordinate: `${object}.${property.field}`,
    name: property.name,
    object,
    product: id,
    domain: contract.domain,
    classification,
    type: property.type,
    list: property.list,
    key,
    nonNull: key || (property.required && CLASSIFICATIONS_KEPT_NON_NULL.has(classification) && property.readScopes.length === 0),
    readScopes: property.readScopes,
    enumerated: property.type === 'enum',
  }
}
