import type { ProductProperty } from './data-product.ts'
import { findCustomValues, type CustomContext } from './custom-properties.ts'
import { toEnumName } from './names.ts'
import type { OdcsValue } from './odcs-common.ts'
import type { OdcsProperty, OdcsQuality } from './odcs-schema.ts'

/** The values of an enum: GraphQL name and value in the data. */
export type ValueList = NonNullable<ProductProperty['values']>

/** More values than this are a vocabulary of their own, not an enum that a person picks from. */
const MAX_VALUES = 300

/**
 * The values that a contract promises for a text property, or undefined when it promises none.
 *
 * Sources, the first that is there: `enum` (v3.2.0), our custom property `validValues`, a library rule `invalidValues`
 * with `validValues` that allows no exception. A rule that tolerates invalid values is a measure of quality, not a type.
 */
export function findValueList(property: OdcsProperty, context: CustomContext): ValueList | undefined {
  const promised = findPromisedValues(property, context)
  if (promised === undefined) return undefined
  const values = promised.flatMap(({ value, description }) => (typeof value === 'string' ? [{ value, description }] : []))
  return values.length === 0 || values.length > MAX_VALUES ? undefined : nameValues(values)
}

interface PromisedValue {
  readonly value: OdcsValue
  readonly description?: string | undefined
}

function findPromisedValues(property: OdcsProperty, { findings, places }: CustomContext): readonly PromisedValue[] | undefined {
  if (property.enum !== undefined)
    return property.enum.map(({ value, description, label }) => ({ value, description: description ?? label }))
  const [custom] = findCustomValues(property.customProperties, 'validValues', places)
  if (custom !== undefined) {
    if (Array.isArray(custom.value)) return (custom.value as readonly OdcsValue[]).map((value) => ({ value }))
    findings.report({
      rule: 'contract-custom-value',
      at: custom.at,
      what: `\`validValues\` of \`${property.name}\` is not a list`,
      expected: 'a list of texts',
      how: 'write `value: [A, B, C]`',
    })
    return undefined
  }
  const rule = property.quality?.find(allowsOnlyListedValues)
  return rule === undefined ? undefined : listedValues(rule)?.map((value) => ({ value }))
}

/** Whether the rule says that no other value occurs. */
function allowsOnlyListedValues(rule: OdcsQuality): boolean {
  if (listedValues(rule) === undefined) return false
  // v3.0's rule `validValues` compared nothing: it listed what is valid.
  if (rule.metric === undefined && rule.rule === 'validValues') return true
  return (
    rule.metric === 'invalidValues' &&
    (rule.mustBe === 0 || rule.mustBeLessOrEqualTo === 0 || (rule.mustBeLessThan === 1 && rule.unit !== 'percent'))
  )
}

function listedValues(rule: OdcsQuality): readonly OdcsValue[] | undefined {
  const listed = rule.arguments?.['validValues'] ?? rule.validValues
  return Array.isArray(listed) ? (listed as readonly OdcsValue[]) : undefined
}

/** GraphQL names in the order of the values; two values with one name get a number each, from the second on. */
function nameValues(values: readonly { readonly value: string; readonly description: string | undefined }[]): ValueList {
  const taken = new Set<string>()
  const seen = new Set<string>()
  return values.flatMap(({ value, description }) => {
    if (seen.has(value)) return []
    seen.add(value)
    const base = toEnumName(value) ?? (value.trim() === '' ? 'EMPTY' : 'VALUE')
    let name = base
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`
    taken.add(name)
    return [{ name, value, ...(description === undefined ? {} : { description }) }]
  })
}
