import type { ProductObject, ProductProperty } from './data-product.ts'
import type { Findings } from './findings.ts'
import type { OdcsContract } from './odcs.ts'
import type { OdcsProperty, OdcsSchemaObject } from './odcs-schema.ts'
import type { Places } from './places.ts'

/** A contract that has been read, with what is needed to report on it. */
export interface ContractDocument {
  readonly file: string
  readonly contract: OdcsContract
  /** As it stands in the graph: lower case, words joined by hyphens. */
  readonly domain: string
  readonly findings: Findings
  readonly places: Places
}

/** An object of the graph while its relations are still unknown. */
export interface DraftObject {
  readonly document: ContractDocument
  readonly source: OdcsSchemaObject
  readonly object: Omit<ProductObject, 'relationships'>
  readonly properties: readonly DraftProperty[]
}

export interface DraftProperty {
  readonly source: OdcsProperty
  readonly property: ProductProperty
}
