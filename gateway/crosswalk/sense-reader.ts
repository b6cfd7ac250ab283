import type { SenseName } from '@polyseme/kit/lexicon'

/** What is read of a domain to match values: the key and some fields of every record of a sense. */
export interface SenseReadRequest {
  readonly sense: SenseName
  readonly domain: string
  /** `SalesCustomer`. */
  readonly typeName: string
  /** Key fields first, then the fields to match; no field twice. */
  readonly fields: readonly string[]
  readonly signal: AbortSignal
}

/**
 * Reads all records of a sense, page by page, with the gateway's own service identity (no row filter, no mask).
 * Each record holds the requested fields by name. Throws when the domain cannot be read; the crosswalk then keeps what
 * it had.
 */
export type SenseReader = (request: SenseReadRequest) => AsyncIterable<readonly Readonly<Record<string, unknown>>[]>
