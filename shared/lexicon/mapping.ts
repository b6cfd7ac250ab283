import type { SourcePosition } from '../errors/index.ts'
import type { Person, SenseName } from './concept.ts'
import type { NormalizerName } from './normalizers/index.ts'

/** SKOS mapping relations; `a broadMatch b`: b is the broader. Only `exactMatch` joins identities. */
export const PREDICATES = ['exactMatch', 'closeMatch', 'broadMatch', 'narrowMatch', 'relatedMatch'] as const
export type Predicate = (typeof PREDICATES)[number]

/** Read from:to; `1:n`: one `from` has several `to`, each `to` one `from`. */
export const CARDINALITIES = ['1:1', '1:n', 'n:1', 'n:m'] as const
export type Cardinality = (typeof CARDINALITIES)[number]

export const MAPPING_STATUSES = ['proposed', 'approved', 'superseded', 'rejected'] as const
export type MappingStatus = (typeof MAPPING_STATUSES)[number]

/** Where the links of a mapping come from. */
export type MappingRule =
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'lifecycle'; readonly table: string }
  | { readonly kind: 'sharedIdentifier'; readonly from: readonly string[]; readonly to: readonly string[]; readonly maxSharing: number }
  | {
      readonly kind: 'normalizedValue'
      readonly normalizer: NormalizerName
      readonly from: readonly string[]
      readonly to: readonly string[]
      readonly maxSharing: number
    }

/** Records of one side that may have the same value unless the rule says otherwise; a value that more have identifies nobody. */
export const DEFAULT_MAX_SHARING = 100

/** How the records of two senses belong together. */
export interface Mapping {
  readonly id: string
  readonly from: SenseName
  readonly to: SenseName
  readonly predicate: Predicate
  readonly cardinality: Cardinality
  readonly definition?: string
  readonly rule: MappingRule
  /** Of links that carry none of their own; 0 to 1. */
  readonly confidence: number
  /** A term of the SEMAPV vocabulary, `semapv:ManualMappingCuration`. */
  readonly justification: string
  readonly author?: Person
  readonly reviewer?: Person
  readonly status: MappingStatus
  /** ISO 8601, inclusive. */
  readonly validFrom?: string
  /** ISO 8601, exclusive. */
  readonly validTo?: string
  /** Proposed links at or above this confidence count as approved. */
  readonly autoApprove?: number
  readonly position: SourcePosition
}

/** Whether a record of `from` may have several counterparts of `to`. */
export function isToMany(cardinality: Cardinality): boolean {
  return cardinality === '1:n' || cardinality === 'n:m'
}

/** Whether a record of `to` may have several counterparts of `from`. */
export function isFromMany(cardinality: Cardinality): boolean {
  return cardinality === 'n:1' || cardinality === 'n:m'
}

/** The same relation read from the other side. */
export function invertPredicate(predicate: Predicate): Predicate {
  if (predicate === 'broadMatch') return 'narrowMatch'
  if (predicate === 'narrowMatch') return 'broadMatch'
  return predicate
}
