import type { ProductDeprecation } from './deprecation.ts'
import type { OdcsServer } from './odcs-server.ts'
import type { OdcsContract } from './odcs.ts'

/** `urn:dataproduct:<domain>:<product>:<major>`. */
export type ProductUrn = `urn:dataproduct:${string}`

/**
 * What the rest of the system knows of a data contract: names as they stand in the graph, keys, relations, rights.
 *
 * Built only by `parseContract`; everything in it is consistent (every name resolves), so nobody re-checks.
 */
export interface DataProduct {
  readonly urn: ProductUrn
  readonly domain: string
  readonly name: string
  /** Semantic version of the contract. */
  readonly version: string
  readonly status: string
  readonly title?: string
  readonly description?: string
  readonly owner?: ProductOwner
  /** Scopes of which any one opens the product for reading; empty: any authenticated caller. From `roles` with read access. */
  readonly readScopes: readonly string[]
  /** Reading takes an access agreement beside a scope. */
  readonly agreementRequired?: true
  /** Its status is `deprecated`: all of it goes away. */
  readonly deprecation?: ProductDeprecation
  /** What the contract says about keeping answers; absent: nothing, so its service levels decide. */
  readonly responseCache?: ResponseCacheRule
  /** Of a foreign subgraph over which the contract is laid: arguments, in its own names, that tell nothing of masked fields. */
  readonly safeArguments?: readonly string[]
  readonly objects: readonly ProductObject[]
  readonly servers: readonly ProductServer[]
  /** The whole contract, as parsed. */
  readonly contract: OdcsContract
}

/** Whether answers may be kept, how long, and whether callers of equal rights and claims may share one. */
export type ResponseCacheRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'keep'; readonly seconds: number; readonly scope: 'caller' | 'shared' }

export interface ProductOwner {
  readonly name: string
  readonly email?: string
}

/** Where the data lies; `kind: 'unsupported'` is kept and reported, never silently dropped. */
export type ProductServer =
  | { readonly kind: 'duckdb-files'; readonly name: string; readonly environment?: string; readonly format: 'parquet' | 'csv' | 'json'; /** Path or glob, relative to the data directory; `{object}` stands for the object's physical name. */ readonly path: string }
  | { readonly kind: 'duckdb'; readonly name: string; readonly environment?: string; readonly database: string; readonly schema?: string }
  | { readonly kind: 'postgres'; readonly name: string; readonly environment?: string; readonly host: string; readonly port: number; readonly database: string; readonly schema: string }
  /** A server of `type: custom` that names the engine which reads it; `server` is as the contract has it. */
  | { readonly kind: 'custom'; readonly name: string; readonly environment?: string; readonly engine: string; readonly server: OdcsServer }
  | { readonly kind: 'unsupported'; readonly name: string; readonly environment?: string; readonly type: string }

/** One schema object of a contract: a table, and the GraphQL type it becomes. */
export interface ProductObject {
  /** As in the contract, for example `Customer`. */
  readonly name: string
  /** Table, view or file stem. */
  readonly physicalName: string
  /** On the wire, always with the domain: `SalesCustomer`. */
  readonly typeName: string
  /** Fields under the domain's root field: `customers`, `customerByKey`, `customersAggregate`. */
  readonly fields: { readonly list: string; readonly byKey: string; readonly aggregate: string }
  readonly description?: string
  /** Field names of each declared key, the primary key first; empty when the contract declares none. */
  readonly keys: readonly (readonly string[])[]
  readonly properties: readonly ProductProperty[]
  readonly relationships: readonly ProductRelationship[]
  readonly rowFilters: readonly RowFilter[]
  /** Rows a page has when `first`/`last` is absent, and at most. */
  readonly page: { readonly defaultRows: number; readonly maxRows: number }
  /** Groups with fewer rows are left out of aggregates; undefined: no limit. */
  readonly minGroupRows?: number
  /**
   * Fields by which aggregates may be filtered and grouped. Rows that fewer than `minGroupRows` have all of them in common with are
   * in no aggregate, so that no difference of aggregates tells of fewer; present only beside `minGroupRows`. Undefined: any field.
   */
  readonly aggregateDimensions?: readonly string[]
  /** The sense this object is, for example `sales.Customer`; from authoritativeDefinitions of type `sense`. */
  readonly sense?: string
  readonly deprecation?: ProductDeprecation
}

/** Logical type of a property, which decides the GraphQL scalar, the filters and the aggregates it gets. */
export type PropertyType = 'string' | 'boolean' | 'integer' | 'bigint' | 'number' | 'decimal' | 'date' | 'timestamp' | 'time' | 'json' | 'id' | 'enum'

export interface ProductProperty {
  /** As in the contract. */
  readonly name: string
  /** In the graph: camelCase of the name. */
  readonly field: string
  /** Column. */
  readonly physicalName: string
  readonly type: PropertyType
  /** The values are lists of `type`. */
  readonly list: boolean
  readonly required: boolean
  readonly unique: boolean
  readonly description?: string
  /** For example `public`, `internal`, `confidential`, `restricted`; as in the contract, lower case. */
  readonly classification?: string
  /** Only for `enum`: GraphQL name and the value in the data. */
  readonly values?: readonly { readonly name: string; readonly value: string; readonly description?: string }[]
  /** Scopes of which any one is needed beside the product's own; empty: none. */
  readonly readScopes: readonly string[]
  readonly examples: readonly unknown[]
  readonly deprecation?: ProductDeprecation
}

/** A relation to another object of the same domain; each foreign key gives one in each direction. */
export interface ProductRelationship {
  /** GraphQL field on this object: `customer`, `orders`. */
  readonly field: string
  readonly cardinality: 'one' | 'many'
  /** Name of the other object's type: `SalesOrder`. */
  readonly toType: string
  /** Pairwise: this object's field equals the other's. */
  readonly on: readonly { readonly from: string; readonly to: string }[]
  readonly description?: string
}

/**
 * Rows the caller may see: those whose `field` is among the values of the caller's `claim`.
 * A caller without the claim sees no rows; one with any of `unlessScopes` sees all.
 */
export interface RowFilter {
  readonly field: string
  readonly claim: string
  readonly unlessScopes: readonly string[]
}
