import type { QualityExpectation, QualityMeasure, ValidValues } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import type { PromiseKind, PromiseUnit } from './promise.ts'

/** The kind under which a catalogue lists a measure. */
export function kindOf(measure: QualityMeasure): PromiseKind {
  switch (measure.kind) {
    case 'freshness':
      return 'FRESHNESS'
    case 'rowCount':
      return 'ROW_COUNT'
    case 'nullValues':
    case 'missingValues':
      return 'COMPLETENESS'
    case 'duplicateValues':
      return 'UNIQUENESS'
    case 'invalidValues':
      return 'VALIDITY'
    case 'sql':
      return 'QUERY'
    default:
      return assertNever(measure)
  }
}

/** Unit of what is measured; undefined for a query, whose number means what its author says. */
export function unitOf(measure: QualityMeasure): PromiseUnit | undefined {
  switch (measure.kind) {
    case 'freshness':
      return 'seconds'
    case 'rowCount':
      return 'rows'
    case 'sql':
      return undefined
    case 'nullValues':
    case 'missingValues':
    case 'duplicateValues':
    case 'invalidValues':
      return measure.unit
    default:
      return assertNever(measure)
  }
}

/** What is measured, for a promise without a name of its own: `invalid values of status: not one of open, closed`. */
export function describeMeasure(measure: QualityMeasure, nameOf: (field: string) => string): string {
  switch (measure.kind) {
    case 'freshness':
      return `age of the newest ${nameOf(measure.field)}`
    case 'rowCount':
      return 'number of rows'
    case 'nullValues':
      return `absent values of ${nameOf(measure.field)}`
    case 'missingValues':
      return `absent values of ${nameOf(measure.field)}, ${listed(measure.values.map((value) => JSON.stringify(value)))} included`
    case 'duplicateValues':
      return `duplicate values of ${measure.fields.map(nameOf).join(' with ')}`
    case 'invalidValues':
      return `invalid values of ${nameOf(measure.field)}: ${describeValid(measure.valid)}`
    case 'sql':
      return 'result of a query'
    default:
      return assertNever(measure)
  }
}

function describeValid(valid: ValidValues): string {
  switch (valid.kind) {
    case 'values':
      return `not one of ${listed(valid.values.map(String))}`
    case 'pattern':
      return `not like ${valid.pattern}`
    case 'range':
      return `not ${valid.bounds.map(({ operator, value }) => `${WORDS[operator]} ${value}`).join(' and ')}`
    case 'length':
      return `not of ${[...(valid.min === undefined ? [] : [`at least ${valid.min}`]), ...(valid.max === undefined ? [] : [`at most ${valid.max}`])].join(' and ')} characters`
    default:
      return assertNever(valid)
  }
}

/** What the number has to be: `less than 5 percent`, `at most 4 hours`. */
export function describeExpectation(expectation: QualityExpectation, unit: PromiseUnit | undefined): string {
  const amount = (value: string | number | boolean): string => describeAmount(value, unit)
  switch (expectation.operator) {
    case 'eq':
    case 'ne':
      return `${WORDS[expectation.operator]} ${amount(expectation.value)}`
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return `${WORDS[expectation.operator]} ${amount(expectation.value)}`
    case 'between':
    case 'notBetween':
      return `${WORDS[expectation.operator]} ${amount(expectation.from)} and ${amount(expectation.to)}`
    default:
      return assertNever(expectation)
  }
}

const WORDS: Readonly<Record<QualityExpectation['operator'], string>> = {
  eq: 'exactly',
  ne: 'anything but',
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
  between: 'between',
  notBetween: 'not between',
}

/** An amount in its unit; a length of time in the largest unit that it is a whole number of. */
export function describeAmount(value: string | number | boolean, unit: PromiseUnit | undefined): string {
  if (unit === undefined || typeof value !== 'number') return String(value)
  if (unit !== 'seconds') return `${value} ${unit === 'rows' && value === 1 ? 'row' : unit}`
  const [factor, name] = LENGTHS.find(([seconds]) => value % seconds === 0) ?? [1, 'second']
  return `${value / factor} ${name}${value === factor ? '' : 's'}`
}

const LENGTHS = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], [1, 'second']] as const

const LISTED = 12

function listed(values: readonly string[]): string {
  return values.length <= LISTED ? values.join(', ') : `${values.slice(0, LISTED).join(', ')} and ${values.length - LISTED} more`
}
