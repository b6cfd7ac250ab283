import type { ProductObject, ProductProperty } from './data-product.ts'
import type { OdcsLogicalTypeOptions, OdcsSchemaObject } from './odcs-schema.ts'
import type { QualityCheck, QualityMeasure, ValidValues } from './quality-check.ts'
import { findPatternProblem } from './quality-rule.ts'

/** What a schema promises without a rule: no null where a value is required, no duplicate of a key, values within their options. */
export function planSchemaChecks(object: ProductObject, source: OdcsSchemaObject): readonly QualityCheck[] {
  const none = (name: string, measure: QualityMeasure, dimension: QualityCheck['dimension']): QualityCheck => ({
    id: `${object.name}${name}/${measure.kind}`,
    typeName: object.typeName,
    origin: 'schema',
    dimension,
    severity: 'error',
    measure,
    expectation: { operator: 'eq', value: 0 },
  })
  const uniques = uniqueFields(object).map((fields) => {
    const names = fields.map((field) => object.properties.find((one) => one.field === field)?.name ?? field)
    return none(`.${names.join('+')}`, { kind: 'duplicateValues', fields, unit: 'rows' }, 'uniqueness')
  })
  const ofProperties = object.properties.flatMap((property) => {
    const required = property.required
      ? [none(`.${property.name}`, { kind: 'nullValues', field: property.field, unit: 'rows' }, 'completeness')]
      : []
    const options = source.properties?.find(({ name }) => name === property.name)?.logicalTypeOptions
    const valid = validOf(property, options).map((rule) =>
      none(`.${property.name}`, { kind: 'invalidValues', field: property.field, valid: rule, unit: 'rows' }, 'conformity'),
    )
    return [...required, ...valid]
  })
  return [...uniques, ...ofProperties]
}

/** Every key, and every unique property that is none. */
function uniqueFields(object: ProductObject): readonly (readonly string[])[] {
  const single = new Set(object.keys.filter((key) => key.length === 1).map(([field]) => field))
  const others = object.properties.filter(
    (property) => property.unique && !property.list && property.type !== 'json' && !single.has(property.field),
  )
  return [...object.keys, ...others.map(({ field }) => [field])]
}

function validOf(property: ProductProperty, options: OdcsLogicalTypeOptions | undefined): readonly ValidValues[] {
  if (options === undefined || property.list || property.type === 'json') return []
  const rules: ValidValues[] = []
  const { pattern, minLength, maxLength } = options
  if (isText(property)) {
    if (pattern !== undefined && findPatternProblem(pattern) === undefined) rules.push({ kind: 'pattern', pattern })
    if (minLength !== undefined || maxLength !== undefined) {
      rules.push({
        kind: 'length',
        ...(minLength === undefined ? {} : { min: minLength }),
        ...(maxLength === undefined ? {} : { max: maxLength }),
      })
    }
    return rules
  }
  const bounds = [
    ['gte', options.minimum],
    ['gt', options.exclusiveMinimum],
    ['lte', options.maximum],
    ['lt', options.exclusiveMaximum],
  ] as const
  // A number as the bound of a date, or the reverse, would compare what can't be compared.
  const kind = property.type === 'date' || property.type === 'timestamp' || property.type === 'time' ? 'string' : 'number'
  const given = bounds.flatMap(([operator, value]) =>
    value === undefined || typeof value !== kind || property.type === 'boolean' ? [] : [{ operator, value }],
  )
  if (given.length > 0) rules.push({ kind: 'range', bounds: given })
  return rules
}

function isText({ type }: ProductProperty): boolean {
  return type === 'string' || type === 'id' || type === 'enum'
}
