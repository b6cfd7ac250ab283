import { findNearestName } from '../errors/index.ts'
import { findCustomValues } from './custom-properties.ts'
import type { RowFilter } from './data-product.ts'
import type { ContractDocument, DraftProperty } from './draft.ts'
import type { OdcsSchemaObject } from './odcs-schema.ts'

/**
 * The row filters of an object: `rowFilter: { property, claim, unlessScopes }`, one entry or several.
 *
 * Whatever can't be read is an error, never a filter less: without it the rows would be open.
 */
export function readRowFilters(
  source: OdcsSchemaObject,
  properties: readonly DraftProperty[],
  document: ContractDocument,
): readonly RowFilter[] {
  return findCustomValues(source.customProperties, 'rowFilter', document.places).flatMap(({ value, at }) => {
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
    return entries.flatMap((entry) => readRowFilter({ entry, at, object: source.name }, properties, document) ?? [])
  })
}

const KEYS = ['property', 'claim', 'unlessScopes']

function readRowFilter(
  { entry, at, object }: { readonly entry: unknown; readonly at: number; readonly object: string },
  properties: readonly DraftProperty[],
  { findings }: ContractDocument,
): RowFilter | undefined {
  const refuse = (what: string, expected: string, how: string): undefined => {
    const why = 'a row filter that is not in force would leave the rows open'
    findings.report({ rule: 'contract-row-filter', at, what: `the row filter of \`${object}\` ${what}`, expected, why, how })
  }
  const form = '`{ property: …, claim: …, unlessScopes: [] }`'
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return refuse('is not a record', form, 'write such a record under `value`')
  const filter = entry as Readonly<Record<string, unknown>>
  const unknown = Object.keys(filter).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) {
    return refuse(`has the key \`${unknown}\``, form, `write \`${findNearestName(unknown, KEYS) ?? KEYS.join('`, `')}\``)
  }
  const { property: name, claim, unlessScopes = [] } = filter
  if (typeof name !== 'string') return refuse('names no property', form, 'add `property: …`')
  const found = properties.find(({ source }) => source.name === name)
  if (found === undefined) {
    const nearest = findNearestName(
      name,
      properties.map(({ source }) => source.name),
    )
    return refuse(
      `names the property '${name.slice(0, 60)}', which the object doesn't have`,
      'a property of the object',
      nearest === undefined ? 'correct the name' : `did you mean \`${nearest}\`?`,
    )
  }
  if (found.property.list || found.property.type === 'json')
    return refuse('stands on a list or nested object', 'a property with one value', 'choose another property')
  if (typeof claim !== 'string' || !/^[\w:./-]{1,200}$/.test(claim))
    return refuse('has no claim', 'the name of a claim of the token', 'add `claim: …`')
  const scopes: readonly unknown[] | undefined = Array.isArray(unlessScopes) ? unlessScopes : undefined
  if (scopes === undefined || !scopes.every((scope) => typeof scope === 'string')) {
    return refuse('has `unlessScopes` that is not a list of texts', 'a list of scopes', 'write `unlessScopes: [scope]`')
  }
  return { field: found.property.field, claim, unlessScopes: scopes }
}
