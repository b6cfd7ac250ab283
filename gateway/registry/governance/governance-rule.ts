import type { DataProduct, ProductObject, ProductProperty } from '@polyseme/kit/contract'

/** What a rule judges: one domain's contracts, in the environment they are published to. */
export interface GovernanceSubject {
  readonly domain: string
  readonly products: readonly DataProduct[]
  /** Fields whose values look personal to who looked at the data; the values themselves stay there. Absent: nobody looked. */
  readonly personalFields?: ReadonlySet<string>
  /** Regions in which the mesh may keep data; absent: any. */
  readonly allowedRegions?: readonly string[]
  readonly now: Date
}

/** Something that a rule objects to. */
export interface GovernanceFinding {
  /** The product's address, or the coordinate of a type or field. */
  readonly subject: string
  readonly what: string
  readonly how: string
}

/** One rule of the mesh: a name, a reason, a check that reports everything it finds. */
export interface GovernanceRule {
  /** Kebab-case; exemptions and severities refer to it. */
  readonly name: string
  readonly why: string
  readonly check: (subject: GovernanceSubject) => readonly GovernanceFinding[]
}

/** Every field of a domain with the places it belongs to. */
export function fieldsOf(subject: GovernanceSubject): readonly { product: DataProduct; object: ProductObject; property: ProductProperty; coordinate: string }[] {
  return subject.products.flatMap((product) => product.objects.flatMap((object) => object.properties.map((property) =>
    ({ product, object, property, coordinate: `${object.typeName}.${property.field}` }))))
}
