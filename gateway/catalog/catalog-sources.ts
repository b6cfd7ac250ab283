import type { DataProduct } from '@polyseme/kit/contract'
import type { Principal } from '@polyseme/kit/identity'
import type { Lexicon } from '@polyseme/kit/lexicon'

/** What one caller gets of the graph. */
export interface CatalogView {
  /** Of a `Type` or a `Type.field`. */
  readonly decisionOf: (coordinate: string) => 'clear' | 'masked' | 'denied'
  /** Introspection shows it to the caller: a type, a field, an argument, a value. */
  readonly mayKnow: (coordinate: string) => boolean
  /** The graph has no such part, for anybody. */
  readonly isGone: (coordinate: string) => boolean
  /** What the caller would need for a coordinate; empty where it is in clear. */
  readonly needsFor: (coordinate: string) => string
  /** State of the newest agreement of the caller on a product (`domain/product`). */
  readonly agreementOn: (product: string) => string | undefined
  /** May publish or approve in the domain. */
  readonly mayChange: (domain: string) => boolean
}

/** What the catalogue speaks about: the graph that it is part of. */
export interface CatalogMesh {
  readonly domains: readonly { readonly name: string; readonly products: readonly DataProduct[] }[]
  readonly lexicon: Lexicon | undefined
  /** Type of a field as the graph has it: `String!`; undefined for what the graph does not have. */
  readonly typeOf: (coordinate: string) => string | undefined
  readonly viewOf: (principal: Principal) => CatalogView
  /** As the domain answers this caller, by product; undefined for a domain that makes no promises. @throws SUBGRAPH_UNAVAILABLE … */
  readonly readPromises: (domain: string, principal: Principal) => Promise<ReadonlyMap<string, readonly CatalogPromise[]> | undefined>
}

/** What the gateway keeps of the graph's history and use. */
export interface CatalogRecords {
  /** Newest first; undefined without a registry. @throws REGISTRY_UNAVAILABLE */
  readonly readVersions: (domain: string, limit: number) => Promise<readonly CatalogVersion[] | undefined>
  /** Newest first; of a client that others use too only about what the caller may know of, or could before it went. @throws REGISTRY_UNAVAILABLE */
  readonly readNotices: (principal: Principal, limit: number, view: Pick<CatalogView, 'mayKnow' | 'isGone'>) => Promise<readonly CatalogNotice[]>
  /** Of the last 30 days. */
  readonly readUsage: () => Promise<readonly CatalogUsage[]>
}

export interface CatalogPromise {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly kind: string
  readonly target: string
  readonly severity: string
  readonly state: string
  readonly measured: number | null
  readonly unit: string | null
  readonly measuredAt: string | null
  readonly since: string | null
  readonly reason: string | null
}

export interface CatalogVersion {
  readonly step: number
  readonly kind: string
  readonly version: number | null
  readonly at: string
  readonly by: string
  readonly reason: string
}

export interface CatalogNotice {
  readonly step: number
  readonly kind: string
  readonly domain: string | null
  readonly consumer: string
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly operations: readonly {
    readonly operation: string
    readonly calls: number
    readonly breaksOn: readonly CatalogNoticedPart[]
    readonly goingAway: readonly CatalogNoticedPart[]
  }[]
}

export interface CatalogNoticedPart {
  readonly coordinate: string
  readonly says: string
}

export interface CatalogUsage {
  readonly consumer: string
  readonly coordinates: ReadonlySet<string>
  readonly calls: number
  readonly lastSeenAt: string
}
