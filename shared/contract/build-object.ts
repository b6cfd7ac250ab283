import { readAggregateDimensions } from './aggregate-dimensions.ts'
import { buildProperties } from './build-property.ts'
import { checkCustomKeys, readCustomCount, readCustomText } from './custom-properties.ts'
import type { ProductObject, RowFilter } from './data-product.ts'
import { readDeprecation } from './deprecation.ts'
import type { ContractDocument, DraftObject, DraftProperty } from './draft.ts'
import { isGraphqlName, toCamelCase, toPascalCase, toPlural, toSingular } from './names.ts'
import type { OdcsSchemaObject } from './odcs-schema.ts'
import { checkPhysicalName } from './physical-name.ts'
import { readRowFilters } from './row-filter.ts'
import { findSense } from './sense.ts'

/** Rows a page has unless the contract says otherwise. */
export const PAGE_DEFAULTS = { defaultRows: 100, maxRows: 10_000 } as const

/** The most that a contract may allow for one page. */
const PAGE_LIMIT = 100_000

/** One schema object as an object of the graph; undefined when it has no field or no possible name. */
export function buildObject(source: OdcsSchemaObject, document: ContractDocument): DraftObject | undefined {
  checkCustomKeys(source.customProperties, 'object', document)
  checkPhysicalName(source, document)
  const names = nameObject(source, document)
  const properties = buildProperties(source, document)
  if (names === undefined) return undefined
  if (properties.length === 0) {
    reportEmpty(source, document)
    return undefined
  }
  const minGroupRows = readCount(source, 'minGroupRows', 1_000_000, document)
  const rowFilters = readRowFilters(source, properties, document)
  const aggregateDimensions = readAggregateDimensions(source, properties, document, minGroupRows)
  checkFiltersAreDimensions(rowFilters, aggregateDimensions, { source, document })
  const sense = findSense(source, document)
  const description = source.description ?? source.businessName
  const deprecation = readDeprecation(source, document)
  return {
    document,
    source,
    properties,
    object: {
      name: source.name,
      physicalName: source.physicalName ?? source.name,
      ...names,
      ...(description === undefined ? {} : { description }),
      keys: findKeys(properties),
      properties: properties.map(({ property }) => property),
      rowFilters,
      page: readPage(source, document),
      ...(minGroupRows === undefined ? {} : { minGroupRows }),
      ...(aggregateDimensions === undefined ? {} : { aggregateDimensions }),
      ...(sense === undefined ? {} : { sense }),
      ...(deprecation === undefined ? {} : { deprecation }),
    },
  }
}

/** Two callers whose rows differ within one cell could learn of fewer rows together than either may. */
function checkFiltersAreDimensions(rowFilters: readonly RowFilter[], dimensions: readonly string[] | undefined, { source, document }: { readonly source: OdcsSchemaObject; readonly document: ContractDocument }): void {
  const cutting = dimensions === undefined ? undefined : rowFilters.find(({ field }) => !dimensions.includes(field))
  if (cutting === undefined) return
  document.findings.report({
    rule: 'contract-aggregate-dimensions',
    at: document.places.of(source),
    what: `the row filter of \`${source.name}\` goes by \`${cutting.field}\`, which is not among its \`aggregateDimensions\``,
    expected: 'row filters that go by dimensions only',
    why: 'callers who see different rows could compare their aggregates and learn of single rows',
    how: 'add the property to `aggregateDimensions`, or leave the row filter out',
  })
}

/** Type and root fields: the domain's name and the object's in the singular; the object's plural alone under the domain. */
function nameObject(source: OdcsSchemaObject, document: ContractDocument): Pick<ProductObject, 'typeName' | 'fields'> | undefined {
  const { findings, places } = document
  const written = readCustomText(source.customProperties, 'graphqlName', document)
  const writtenPlural = readCustomText(source.customProperties, 'graphqlPlural', document)
  for (const override of [written, writtenPlural]) {
    if (override === undefined || isGraphqlName(override.value)) continue
    findings.report({
      rule: 'contract-graphql-name',
      at: override.at,
      what: `'${override.value}' of \`${source.name}\` can't be a GraphQL name`,
      expected: 'letters, digits and `_`, not beginning with a digit or `__`',
      why: 'GraphQL allows no other names and keeps `__` to itself',
      how: 'choose another name',
    })
    return undefined
  }
  const pascal = toPascalCase(source.name)
  const singular = written === undefined ? pascal && toSingular(pascal) : written.value.charAt(0).toUpperCase() + written.value.slice(1)
  if (singular === undefined) {
    findings.report({
      rule: 'contract-graphql-name',
      at: places.of(source, 'name'),
      what: `no type name can be made of \`${source.name}\``,
      expected: 'a name with at least one letter a-z or digit',
      why: 'GraphQL allows no other characters in names',
      how: 'add `customProperties: [{ property: graphqlName, value: … }]`',
    })
    return undefined
  }
  const one = lowerFirst(singular)
  const many = writtenPlural === undefined ? toPlural(one) : lowerFirst(writtenPlural.value)
  // `_` in `_2024Order` stands for the domain's name here.
  const typeName = `${toPascalCase(document.domain) ?? ''}${singular.replace(/^_(?=\d)/, '')}`
  return { typeName, fields: { list: many, byKey: `${one}ByKey`, aggregate: `${many}Aggregate` } }
}

/** `URLVisit` → `urlVisit`, as for properties. */
function lowerFirst(name: string): string {
  return (name.startsWith('_') ? undefined : toCamelCase(name)) ?? name
}

/** The primary key in its declared order, then each property that is unique and never null. */
function findKeys(properties: readonly DraftProperty[]): readonly (readonly string[])[] {
  const position = ({ source }: DraftProperty): number =>
    source.primaryKeyPosition === undefined || source.primaryKeyPosition < 1 ? Number.MAX_SAFE_INTEGER : source.primaryKeyPosition
  const canBeKey = ({ property }: DraftProperty): boolean => !property.list && property.type !== 'json'
  const primary = properties
    .filter((draft) => draft.source.primaryKey === true && canBeKey(draft))
    .toSorted((a, b) => position(a) - position(b))
  const primaryFields = primary.map(({ property }) => property.field)
  const others = properties
    .filter((draft) => draft.property.unique && draft.property.required && canBeKey(draft))
    .map(({ property }) => [property.field])
  const isPrimary = (key: readonly string[]): boolean => primaryFields.length === 1 && primaryFields[0] === key[0]
  return [...(primaryFields.length === 0 ? [] : [primaryFields]), ...others.filter((key) => !isPrimary(key))]
}

function readPage(source: OdcsSchemaObject, document: ContractDocument): ProductObject['page'] {
  const maxRows = readCount(source, 'pageMaxRows', PAGE_LIMIT, document) ?? PAGE_DEFAULTS.maxRows
  const defaultRows = readCount(source, 'pageDefaultRows', PAGE_LIMIT, document) ?? Math.min(PAGE_DEFAULTS.defaultRows, maxRows)
  if (defaultRows <= maxRows) return { defaultRows, maxRows }
  document.findings.report({
    rule: 'contract-custom-value',
    at: document.places.of(source),
    what: `\`pageDefaultRows\` of \`${source.name}\` is ${defaultRows}, more than \`pageMaxRows\`, which is ${maxRows}`,
    expected: 'a default that is at most the maximum',
    how: `write \`pageDefaultRows\` ≤ ${maxRows}, or a larger \`pageMaxRows\``,
  })
  return { defaultRows: maxRows, maxRows }
}

/** The object's own value, or else the contract's for all its objects. */
function readCount(source: OdcsSchemaObject, key: string, max: number, document: ContractDocument): number | undefined {
  return (
    readCustomCount(source.customProperties, { key, max }, document) ??
    readCustomCount(document.contract.customProperties, { key, max }, document)
  )
}

function reportEmpty(source: OdcsSchemaObject, { findings, places }: ContractDocument): void {
  findings.report({
    rule: 'contract-object-without-fields',
    severity: 'warning',
    at: places.of(source, 'name'),
    what: `\`${source.name}\` has no property that can be a field and is left out of the graph`,
    expected: '`properties` with at least one column',
    why: 'a GraphQL type needs a field',
    how: 'list the columns under `properties`',
  })
}
