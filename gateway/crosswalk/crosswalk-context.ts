import type { Principal, RowRestrictions } from '@polyseme/kit/identity'

/** On whose behalf the crosswalk answers. */
export interface CrosswalkContext {
  readonly principal: Principal
  /** Whether the caller may read a type of a domain at all. */
  mayRead(typeName: string): boolean
  /** What policies restrict the rows of this type and of its domain to, for this caller. */
  rowRestrictionsAround(typeName: string): RowRestrictions
}

/** Records of a row-filtered type, by their key fields, that the crosswalk asks the domain about. */
export interface VisibilityRequest {
  readonly domain: string
  readonly typeName: string
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly context: CrosswalkContext
}

/** Asks the domain, as the caller, which of the records it shows; one answer for each key, in order. */
export type VisibilityReader = (request: VisibilityRequest) => Promise<readonly boolean[]>
