import type { OdcsQuality } from './odcs-schema.ts'
import type { QualityCheck, QualityDimension, QualityExpectation, QualityMeasure, QualityUnit } from './quality-check.ts'

/** Rule names of v3.0 and of common tools, and the metrics of v3.1 that they became. */
const METRIC_OF_RULE = new Map([
  ['nullcheck', 'nullValues'],
  ['notnull', 'nullValues'],
  ['nullvalues', 'nullValues'],
  ['missingvalues', 'missingValues'],
  ['validvalues', 'invalidValues'],
  ['invalidvalues', 'invalidValues'],
  ['duplicatecount', 'duplicateValues'],
  ['duplicatevalues', 'duplicateValues'],
  ['unique', 'duplicateValues'],
  ['uniquecheck', 'duplicateValues'],
  ['rowcount', 'rowCount'],
])

/** The metric of a rule under its name in v3.1; a name that is none stays as it is. */
export function metricOf({ metric, rule }: OdcsQuality): string | undefined {
  return metric ?? METRIC_OF_RULE.get(rule?.toLowerCase() ?? '') ?? rule
}

/** Rules of v3.0 that compare with nothing because their name says what they expect. */
const IMPLIES_NONE = new Set(['nullcheck', 'notnull', 'validvalues', 'unique', 'uniquecheck'])

/** The comparison of a rule, or why it has none. */
export function readExpectation(rule: OdcsQuality): QualityExpectation | string {
  const {
    mustBe,
    mustNotBe,
    mustBeGreaterThan,
    mustBeGreaterOrEqualTo,
    mustBeLessThan,
    mustBeLessOrEqualTo,
    mustBeBetween,
    mustNotBeBetween,
  } = rule
  for (const [operator, value] of [
    ['eq', mustBe],
    ['ne', mustNotBe],
  ] as const) {
    if (value === undefined || value === null) continue
    return typeof value === 'object' ? 'it compares with a list or record' : { operator, value }
  }
  for (const [operator, value] of [
    ['gt', mustBeGreaterThan],
    ['gte', mustBeGreaterOrEqualTo],
    ['lt', mustBeLessThan],
    ['lte', mustBeLessOrEqualTo],
  ] as const) {
    if (value !== undefined) return { operator, value }
  }
  for (const [operator, bounds] of [
    ['between', mustBeBetween],
    ['notBetween', mustNotBeBetween],
  ] as const) {
    const [from, to] = bounds ?? []
    if (from !== undefined && to !== undefined) return { operator, from, to }
  }
  if (rule.metric === undefined && IMPLIES_NONE.has((rule.rule ?? '').toLowerCase())) return { operator: 'eq', value: 0 }
  return 'it compares with nothing: `mustBe`, `mustBeLessThan` or another comparison is missing'
}

/** Rows unless the rule says percent; undefined for a unit that nothing is counted in. */
export function readUnit(unit: string | undefined): QualityUnit | undefined {
  if (unit === undefined || /^rows?$/i.test(unit)) return 'rows'
  return /^(?:percent|%)$/i.test(unit) ? 'percent' : undefined
}

/** Error unless the rule says less. */
export function readSeverity(severity: string | undefined): QualityCheck['severity'] {
  switch (severity?.toLowerCase() ?? '') {
    case 'warning':
    case 'warn':
    case 'low':
    case 'medium':
      return 'warning'
    case 'info':
      return 'info'
    default:
      return 'error'
  }
}

const DIMENSIONS: Readonly<Record<string, QualityDimension>> = {
  accuracy: 'accuracy',
  ac: 'accuracy',
  completeness: 'completeness',
  cp: 'completeness',
  conformity: 'conformity',
  cf: 'conformity',
  consistency: 'consistency',
  cs: 'consistency',
  coverage: 'coverage',
  cv: 'coverage',
  timeliness: 'timeliness',
  tm: 'timeliness',
  uniqueness: 'uniqueness',
  uq: 'uniqueness',
}

/** The dimension by its name or the standard's synonym; accuracy for what is neither. */
export function readDimension(dimension: string): QualityDimension {
  const key = dimension.toLowerCase()
  return (Object.hasOwn(DIMENSIONS, key) ? DIMENSIONS[key] : undefined) ?? 'accuracy'
}

/** The dimension of a rule that names none. */
export function dimensionOf(measure: QualityMeasure): QualityDimension {
  switch (measure.kind) {
    case 'rowCount':
    case 'nullValues':
    case 'missingValues':
      return 'completeness'
    case 'duplicateValues':
      return 'uniqueness'
    case 'invalidValues':
      return 'conformity'
    case 'freshness':
      return 'timeliness'
    case 'sql':
      return 'accuracy'
  }
}
