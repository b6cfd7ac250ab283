import type { ProductObject, ProductProperty } from './data-product.ts'
import type { OdcsValue } from './odcs-common.ts'
import type { OdcsQuality } from './odcs-schema.ts'
import type { NotRunPromise, QualityCheck, QualityMeasure, QualityUnit, QualityValue, QueryPart, ValidValues } from './quality-check.ts'
import { dimensionOf, metricOf, readDimension, readExpectation, readSeverity, readUnit } from './quality-words.ts'

/** A rule and where it stands; `written` is the property's name in the contract, `property` its field if it has one. */
export interface RulePlace {
  readonly rule: OdcsQuality
  readonly object: ProductObject
  readonly written?: string
  readonly property?: ProductProperty
}

export type PlannedRule =
  { readonly kind: 'check'; readonly check: QualityCheck } | { readonly kind: 'not-run'; readonly promise: NotRunPromise }

/** A quality rule as a check, or the reason for which it is not run. */
export function planRule(place: RulePlace): PlannedRule {
  const { rule, object } = place
  const where = place.written === undefined ? object.name : `${object.name}.${place.written}`
  const written = rule.metric ?? rule.rule ?? rule.type ?? 'rule'
  const metric = metricOf(rule)
  const id = rule.id === undefined ? `${where}/${metric ?? written}` : `${where}/${rule.id}`
  const notRun = (reason: string): PlannedRule => ({
    kind: 'not-run',
    promise: { id, typeName: object.typeName, origin: 'quality', ...texts(rule), reason },
  })
  switch (rule.type ?? 'library') {
    case 'text':
      return notRun('the rule is written for people')
    case 'custom':
      return notRun(`the rule is one of ${rule.engine ?? 'another engine'}, which does not run here`)
    case 'library':
    case 'sql':
      break
  }
  if (place.written !== undefined && place.property === undefined) return notRun('the property has no field in the graph')
  const measure = rule.type === 'sql' ? planQuery(rule.query ?? '', place) : planMetric(metric, place)
  if (typeof measure === 'string') return notRun(measure)
  const expectation = readExpectation(rule)
  if (typeof expectation === 'string') return notRun(expectation)
  const dimension = rule.dimension === undefined ? dimensionOf(measure) : readDimension(rule.dimension)
  const check: QualityCheck = {
    id,
    typeName: object.typeName,
    origin: 'quality',
    ...texts(rule),
    dimension,
    severity: readSeverity(rule.severity),
    measure,
    expectation,
    ...(rule.schedule === undefined || (rule.scheduler !== undefined && rule.scheduler !== 'cron') ? {} : { schedule: rule.schedule }),
  }
  return { kind: 'check', check }
}

function texts({ name, description }: OdcsQuality): { name?: string; description?: string } {
  return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) }
}

/** The measure of a library metric, or why there is none. */
function planMetric(metric: string | undefined, place: RulePlace): QualityMeasure | string {
  const { rule, object, property } = place
  const unit = readUnit(rule.unit)
  if (unit === undefined) return `the unit is '${rule.unit ?? ''}'; rows and percent are measured`
  switch (metric ?? '') {
    case 'rowCount':
      return unit === 'percent' ? 'a row count has no percentage' : { kind: 'rowCount' }
    case 'nullValues':
      return property === undefined ? NEEDS_PROPERTY : { kind: 'nullValues', field: property.field, unit }
    case 'missingValues': {
      const values = readValues(rule.arguments?.['missingValues'])
      if (property === undefined) return NEEDS_PROPERTY
      return values === undefined
        ? 'the argument `missingValues` is not a list'
        : { kind: 'missingValues', field: property.field, values, unit }
    }
    case 'duplicateValues':
      return planDuplicates(object, property, rule, unit)
    case 'invalidValues': {
      if (property === undefined) return NEEDS_PROPERTY
      const valid = readValid(rule)
      return typeof valid === 'string' ? valid : { kind: 'invalidValues', field: property.field, valid, unit }
    }
    default:
      return `'${metric ?? ''}' is not a metric of the standard`
  }
}

const NEEDS_PROPERTY = 'the metric counts values of a property and stands at the object'

function planDuplicates(
  object: ProductObject,
  property: ProductProperty | undefined,
  rule: OdcsQuality,
  unit: QualityUnit,
): QualityMeasure | string {
  const named = rule.arguments?.['properties']
  if (named === undefined)
    return property === undefined ? 'the argument `properties` is missing' : { kind: 'duplicateValues', fields: [property.field], unit }
  if (!Array.isArray(named)) return 'the argument `properties` is not a list'
  const fields = (named as readonly OdcsValue[]).map((name) => object.properties.find((one) => one.name === name)?.field)
  const known = fields.filter((field) => field !== undefined)
  return known.length === 0 || known.length < fields.length
    ? 'the argument `properties` names a property that the object does not have'
    : { kind: 'duplicateValues', fields: known, unit }
}

function readValid(rule: OdcsQuality): ValidValues | string {
  const listed = rule.arguments?.['validValues'] ?? rule.validValues
  const pattern = rule.arguments?.['pattern']
  if (listed !== undefined) {
    const values = readValues(listed)
    return values === undefined ? 'the argument `validValues` is not a list' : { kind: 'values', values }
  }
  if (typeof pattern !== 'string') return 'neither `validValues` nor `pattern` is given'
  const problem = findPatternProblem(pattern)
  return problem ?? { kind: 'pattern', pattern }
}

/** Why a pattern can't be measured: DuckDB (RE2) and PostgreSQL have to read it as ECMAScript does. */
export function findPatternProblem(pattern: string): string | undefined {
  if (pattern.length > 1_000) return 'the pattern has more than 1,000 characters'
  if (/\(\?<?[=!]/.test(pattern)) return "the pattern looks ahead or behind, which DuckDB's regular expressions can't"
  if (/\\(?:[1-9]|k<)/.test(pattern)) return "the pattern refers back to a group, which DuckDB's regular expressions can't"
  try {
    void new RegExp(pattern, 'u')
    return undefined
  } catch {
    return 'the pattern is not a regular expression'
  }
}

/** Null is missing and never invalid, so it needs no place in a list. */
function readValues(value: OdcsValue | readonly OdcsValue[] | undefined): readonly QualityValue[] | undefined {
  if (!Array.isArray(value)) return undefined
  return (value as readonly OdcsValue[]).filter(
    (one): one is QualityValue => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean',
  )
}

/** `{object}` and `{property}` are the standard's; the others are what tools write for them. */
const PLACEHOLDER = /\$?\{(object|table|model|schema|property|column|field)\}/g

function planQuery(query: string, { property }: RulePlace): QualityMeasure | string {
  const text = query.trim().replace(/;\s*$/, '')
  if (!/^(?:select|with)\b/i.test(text)) return 'the query is not a SELECT'
  if (text.includes(';')) return 'the query holds several statements'
  const parts: QueryPart[] = []
  let from = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const isField = /property|column|field/.test(match[1] ?? '')
    if (isField && property === undefined) return 'the query names the property and stands at the object'
    parts.push(
      text.slice(from, match.index),
      isField && property !== undefined ? { kind: 'field', field: property.field } : { kind: 'object' },
    )
    from = match.index + match[0].length
  }
  parts.push(text.slice(from))
  const rest = parts.filter((part) => typeof part === 'string').join('')
  return /\$\{\w+/.test(rest) ? 'the query holds a variable that nobody sets' : { kind: 'sql', query: parts.filter((part) => part !== '') }
}
