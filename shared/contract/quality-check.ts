/** What a contract promises of its data and what can be measured of it: `buildQualityPlan` makes it, a source measures it. */
export interface QualityPlan {
  readonly checks: readonly QualityCheck[]
  /** Rules and service levels that nobody here evaluates; they are reported as not run, never as passed. */
  readonly notRun: readonly NotRunPromise[]
}

/** One promise about the rows of one object. */
export interface QualityCheck {
  /** Unique in the product and stable while the contract keeps the rule: `Customer.country/nullValues`. */
  readonly id: string
  /** Type name of the object: `SalesCustomer`. */
  readonly typeName: string
  /** `quality`: a rule of the contract; `sla`: a service level; `schema`: follows from required, unique, keys and options. */
  readonly origin: 'quality' | 'sla' | 'schema'
  readonly name?: string
  readonly description?: string
  readonly dimension: QualityDimension
  readonly severity: 'error' | 'warning' | 'info'
  readonly measure: QualityMeasure
  readonly expectation: QualityExpectation
  /** Cron expression under which the contract wants it run. */
  readonly schedule?: string
}

/** The dimensions of the standard. */
export type QualityDimension = 'accuracy' | 'completeness' | 'conformity' | 'consistency' | 'coverage' | 'timeliness' | 'uniqueness'

/** Counts are of rows; with `unit: percent` they are a share of the object's rows, 0 for an object without rows. */
export type QualityMeasure =
  | { readonly kind: 'rowCount' }
  | { readonly kind: 'nullValues'; readonly field: string; readonly unit: QualityUnit }
  /** Null, or one of these values. */
  | { readonly kind: 'missingValues'; readonly field: string; readonly values: readonly QualityValue[]; readonly unit: QualityUnit }
  /** Rows beyond the first of each combination of values; rows with a null in it don't count. */
  | { readonly kind: 'duplicateValues'; readonly fields: readonly string[]; readonly unit: QualityUnit }
  /** Not null and not as the rule says. */
  | { readonly kind: 'invalidValues'; readonly field: string; readonly valid: ValidValues; readonly unit: QualityUnit }
  /** Seconds between now and the greatest value of the field; no value at all fails. */
  | { readonly kind: 'freshness'; readonly field: string }
  /** The one number, or true or false, that a query of the contract's own gives. */
  | { readonly kind: 'sql'; readonly query: readonly QueryPart[] }

export type QualityUnit = 'rows' | 'percent'
export type QualityValue = string | number | boolean

export type ValidValues =
  | { readonly kind: 'values'; readonly values: readonly QualityValue[] }
  /** A regular expression that both engines understand; it may match anywhere unless it has anchors. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  | {
      readonly kind: 'range'
      readonly bounds: readonly { readonly operator: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: string | number }[]
    }
  | { readonly kind: 'length'; readonly min?: number; readonly max?: number }

/** Text of a query, and the places of the object's and the field's quoted names in it. */
export type QueryPart = string | { readonly kind: 'object' } | { readonly kind: 'field'; readonly field: string }

/** What the measured number has to be. */
export type QualityExpectation =
  | { readonly operator: 'eq' | 'ne'; readonly value: QualityValue }
  | { readonly operator: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: number }
  | { readonly operator: 'between' | 'notBetween'; readonly from: number; readonly to: number }

/** A promise that stands in the contract and is not evaluated here. */
export interface NotRunPromise {
  readonly id: string
  readonly typeName?: string
  readonly origin: 'quality' | 'sla'
  readonly name?: string
  readonly description?: string
  readonly reason: string
}

/** Whether a measured value is as expected; null (nothing to measure) never is. */
export function meetsExpectation(measured: number | boolean | null, expectation: QualityExpectation): boolean {
  if (measured === null) return false
  const { operator } = expectation
  if (operator === 'eq' || operator === 'ne') return (comparable(measured) === comparable(expectation.value)) === (operator === 'eq')
  const number = Number(measured)
  if (Number.isNaN(number)) return false
  switch (operator) {
    case 'gt':
      return number > expectation.value
    case 'gte':
      return number >= expectation.value
    case 'lt':
      return number < expectation.value
    case 'lte':
      return number <= expectation.value
    case 'between':
      return number >= expectation.from && number <= expectation.to
    case 'notBetween':
      return number < expectation.from || number > expectation.to
  }
}

/** A query may give true where the contract expects 1, and the other way round. */
function comparable(value: QualityValue): string {
  return typeof value === 'boolean' ? String(Number(value)) : String(value)
}
