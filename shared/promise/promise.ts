import type { DataProduct, ProductUrn, QualityCheck } from '../contract/index.ts'

/** What is promised, in the words of a catalogue. */
export type PromiseKind = 'FRESHNESS' | 'ROW_COUNT' | 'COMPLETENESS' | 'UNIQUENESS' | 'VALIDITY' | 'QUERY' | 'RULE' | 'SERVICE_LEVEL'

/**
 * `NOT_RUN`: nothing here evaluates it, ever. `UNKNOWN`: it is evaluated, and has no result yet or the attempt failed.
 * Neither counts as kept.
 */
export type PromiseState = 'KEPT' | 'BROKEN' | 'NOT_RUN' | 'UNKNOWN'

export type PromiseUnit = 'rows' | 'percent' | 'seconds'

/** One promise of a contract, measured or not. */
export interface ProductPromise {
  readonly product: DataProduct
  /** Unique in the product and stable while the contract keeps the rule: `Customer.country/nullValues`. */
  readonly id: string
  readonly kind: PromiseKind
  /** The contract's name for it, or what it is about: `absent values of country`. */
  readonly name: string
  readonly description?: string
  /** What was promised: `less than 5 percent`. */
  readonly target: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly unit?: PromiseUnit
  /** Type name of the object; absent for service levels of the whole product. */
  readonly typeName?: string
  readonly evaluation:
    | { readonly kind: 'check'; readonly check: QualityCheck; /** Changes when the contract measures or expects something else. */ readonly fingerprint: string }
    | { readonly kind: 'not-run'; readonly reason: string }
}

/** What a measurement gave. */
export interface PromiseResult {
  readonly urn: ProductUrn
  readonly id: string
  readonly fingerprint: string
  readonly state: PromiseState
  /** In the promise's unit; true is 1; null where there is nothing to measure, or it was not measured. */
  readonly measured: number | null
  /** Why it is not run or unknown, or what a person should know of the number; never a row's value. */
  readonly reason?: string
  /** Epoch milliseconds. */
  readonly measuredAtMs: number
}

/** A result, and since when the promise is in its state. */
export interface StoredResult extends PromiseResult {
  readonly sinceMs: number
}

/** Where results are found, by the promise's id. */
export interface PromiseReader {
  readonly resultsOf: (urn: ProductUrn) => ReadonlyMap<string, StoredResult>
  /** Results of one promise under the contract as the fingerprint has it, the latest first, at most `limit`. */
  readonly historyOf: (promise: Pick<PromiseResult, 'urn' | 'id' | 'fingerprint'>, limit: number) => readonly PromiseResult[]
}
