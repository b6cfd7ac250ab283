import type { ProductProperty } from './data-product.ts'
import type { DraftObject, DraftProperty } from './draft.ts'
import { rootTypeOf } from './names.ts'

/** What the subgraph appends to an object's type name for the types beside it; `shared/product` makes them. */
export const GENERATED_TYPE_SUFFIXES: readonly string[] = [
  'Connection',
  'Edge',
  'Where',
  'ManyWhere',
  'OrderBy',
  'Aggregate',
  'Group',
  'GroupBy',
  'GroupField',
  'Counts',
  'Sums',
  'Averages',
  'Extremes',
  'Having',
  'CountsHaving',
  'SumsHaving',
  'AveragesHaving',
  'ExtremesHaving',
  'AggregateOrderBy',
  'GroupOrderBy',
  'CountsOrderBy',
  'SumsOrderBy',
  'AveragesOrderBy',
  'ExtremesOrderBy',
]

/** Reports objects of a domain that would share a type or a root field, with one another or with what is generated. */
export function checkNames(drafts: readonly DraftObject[]): void {
  const types = new Map<string, DraftObject>()
  for (const draft of drafts) {
    for (const suffix of GENERATED_TYPE_SUFFIXES) types.set(`${draft.object.typeName}${suffix}`, draft)
  }
  const clashing = new Set<DraftObject>()
  for (const draft of drafts) {
    const { typeName } = draft.object
    const other = types.get(typeName)
    const isRoot = rootTypeOf(draft.document.domain) === typeName
    if (other !== undefined || isRoot) {
      clashing.add(draft)
      reportTaken(
        draft,
        `the type \`${typeName}\``,
        isRoot ? 'the field of the domain itself has that type' : `${describe(other)} has that type, or one that stands beside it`,
      )
    }
    types.set(typeName, other ?? draft)
  }
  checkRootFields(drafts.filter((draft) => !clashing.has(draft)))
}

function checkRootFields(drafts: readonly DraftObject[]): void {
  const fields = new Map<string, DraftObject>()
  for (const draft of drafts) {
    const { list, byKey, aggregate } = draft.object.fields
    for (const field of [list, byKey, aggregate]) {
      const name = `${draft.document.domain}.${field}`
      const other = fields.get(name)
      if (other === undefined) fields.set(name, draft)
      else if (other !== draft) reportTaken(draft, `the root field \`${field}\``, `${describe(other)} has that field`)
    }
  }
}

/**
 * The same objects, with enums whose type would bear another type's name (`Order.status` beside an object `OrderStatus`)
 * turned back into text.
 */
export function withoutClashingEnums(drafts: readonly DraftObject[]): readonly DraftObject[] {
  const taken = new Set(
    drafts.flatMap(({ object }) => [object.typeName, ...GENERATED_TYPE_SUFFIXES.map((suffix) => object.typeName + suffix)]),
  )
  return drafts.map((draft) => {
    if (!draft.properties.some(({ property }) => property.type === 'enum')) return draft
    const properties = draft.properties.map((one) => withoutClash(one, draft, taken))
    return { ...draft, properties, object: { ...draft.object, properties: properties.map(({ property }) => property) } }
  })
}

function withoutClash(one: DraftProperty, draft: DraftObject, taken: Set<string>): DraftProperty {
  if (one.property.type !== 'enum') return one
  const { field } = one.property
  const typeName = `${draft.object.typeName}${field.charAt(0).toUpperCase()}${field.slice(1)}`
  const names = [typeName, `${typeName}Filter`]
  if (!names.some((name) => taken.has(name))) {
    for (const name of names) taken.add(name)
    return one
  }
  const { findings, places } = draft.document
  findings.report({
    rule: 'contract-enum-as-text',
    severity: 'warning',
    at: places.of(one.source, 'name'),
    what: `\`${draft.source.name}.${one.source.name}\` is text and not an enum, because its type would be \`${typeName}\``,
    why: 'another type has that name',
    how: 'add `customProperties: [{ property: graphqlName, value: … }]` to the property',
  })
  const { values: _values, ...property } = one.property
  return { ...one, property: { ...property, type: 'string' } satisfies ProductProperty }
}

function describe(draft: DraftObject | undefined): string {
  return draft === undefined ? 'another object' : `\`${draft.source.name}\` (${draft.document.file})`
}

function reportTaken({ document, source }: DraftObject, what: string, why: string): void {
  document.findings.report({
    rule: 'contract-duplicate-type',
    at: document.places.of(source, 'name'),
    what: `\`${source.name}\` would get ${what}, which is taken`,
    expected: 'names that differ in more than case, separators or number',
    why,
    how: 'rename one, or add `customProperties: [{ property: graphqlName, value: … }, { property: graphqlPlural, value: … }]` to it',
  })
}
