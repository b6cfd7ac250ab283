import { checkCustomKeys, findCustomValues, readCustomText } from './custom-properties.ts'
import type { ProductProperty } from './data-product.ts'
import { readDeprecation } from './deprecation.ts'
import type { ContractDocument, DraftProperty } from './draft.ts'
import { isGraphqlName, toCamelCase } from './names.ts'
import type { OdcsProperty, OdcsSchemaObject } from './odcs-schema.ts'
import { checkPhysicalName } from './physical-name.ts'
import { resolvePropertyType } from './property-type.ts'
import { isScope } from './scope.ts'
import { findValueList } from './value-list.ts'

/** Fields that filters (`and`, `or`, `not`) and the crosswalk (`concept`, `mappings`) add to what a contract declares. */
const RESERVED_FIELDS = new Set(['and', 'or', 'not', 'concept', 'mappings'])

/** The columns of an object as fields; those that can't be fields are reported. */
export function buildProperties(object: OdcsSchemaObject, document: ContractDocument): readonly DraftProperty[] {
  const drafts: DraftProperty[] = []
  const fields = new Set<string>()
  const names = new Set<string>()
  // Parts of a composite key (a country, a line number) are also words to search by, which an ID is not.
  const isComposite = (object.properties ?? []).filter(({ primaryKey }) => primaryKey === true).length > 1
  for (const source of object.properties ?? []) {
    if (names.has(source.name)) {
      reportDuplicate(source, object, document)
      continue
    }
    names.add(source.name)
    if (isNoColumn(source, document)) continue
    const field = findField(source, fields, document)
    if (field === undefined) continue
    fields.add(field)
    drafts.push({ source, property: buildProperty(source, { field, isWholeKey: source.primaryKey === true && !isComposite }, document) })
  }
  return drafts
}

function buildProperty(
  source: OdcsProperty,
  { field, isWholeKey }: { readonly field: string; readonly isWholeKey: boolean },
  document: ContractDocument,
): ProductProperty {
  const { findings, places } = document
  checkCustomKeys(source.customProperties, 'property', document)
  checkPhysicalName(source, document)
  const resolved = resolvePropertyType(source)
  if (resolved.guessed !== undefined) {
    const taken = resolved.list ? `a list of ${resolved.type}` : resolved.type
    findings.report({
      rule: 'contract-type-guessed',
      severity: 'warning',
      at: places.of(source, source.logicalType === undefined ? 'name' : 'logicalType'),
      what: `the type of \`${source.name}\` is taken to be ${taken}: ${resolved.guessed}`,
      expected:
        source.logicalType === 'array'
          ? '`items`'
          : '`logicalType`: one of string, date, timestamp, time, number, integer, object, array, boolean',
      why: 'the type decides the filters and aggregates that the field gets',
      how: source.logicalType === 'array' ? 'add `items: { logicalType: … }`' : 'add `logicalType: …`',
    })
  }
  // A key stays as it is in the data: in representations and links it is written by value, not by an enum's name.
  const isKey = source.primaryKey === true
  const values = resolved.type === 'string' && !isKey ? findValueList(source, document) : undefined
  const type = values !== undefined ? 'enum' : isWholeKey && resolved.type === 'string' && !resolved.list ? 'id' : resolved.type
  const description = source.description ?? source.businessName
  const classification = source.classification?.trim().toLowerCase()
  const deprecation = readDeprecation(source, document)
  return {
    name: source.name,
    field,
    physicalName: source.physicalName ?? source.name,
    type,
    list: resolved.list,
    required: source.required === true || isKey,
    unique: source.unique === true,
    ...(description === undefined ? {} : { description }),
    ...(classification === undefined || classification === '' ? {} : { classification }),
    ...(values === undefined ? {} : { values }),
    readScopes: readPropertyScopes(source, document),
    examples: source.examples ?? [],
    ...(deprecation === undefined ? {} : { deprecation }),
  }
}

/** v3.2 lets a property be a measure: an expression over columns, which no table holds. */
function isNoColumn(source: OdcsProperty, { findings, places }: ContractDocument): boolean {
  if (source.semanticType !== 'measure') return false
  findings.report({
    rule: 'contract-measure-left-out',
    severity: 'info',
    at: places.of(source, 'semanticType'),
    what: `\`${source.name}\` is a measure and gets no field`,
    why: 'it is computed over rows, not stored in them',
    how: 'ask for it as an aggregate',
  })
  return true
}

function findField(source: OdcsProperty, taken: ReadonlySet<string>, document: ContractDocument): string | undefined {
  const { findings, places } = document
  const override = readCustomText(source.customProperties, 'graphqlName', document)
  if (override !== undefined) {
    if (isGraphqlName(override.value) && !RESERVED_FIELDS.has(override.value) && !taken.has(override.value)) return override.value
    const taker = taken.has(override.value) ? 'another property has this field' : 'GraphQL or the generated graph reserves it'
    findings.report({
      rule: 'contract-graphql-name',
      at: override.at,
      what: `\`graphqlName: ${override.value}\` of \`${source.name}\` can't be the field's name`,
      expected: 'letters, digits and `_`, not beginning with a digit or `__`, once per object',
      why: taker,
      how: 'choose another name',
    })
    return undefined
  }
  const derived = toCamelCase(source.name)
  if (derived === undefined) {
    findings.report({
      rule: 'contract-graphql-name',
      at: places.of(source, 'name'),
      what: `no field name can be made of \`${source.name}\``,
      expected: 'a name with at least one letter a-z or digit',
      why: 'GraphQL allows no other characters in names',
      how: 'add `customProperties: [{ property: graphqlName, value: … }]`',
    })
    return undefined
  }
  const candidates = [derived, `${derived}Value`, ...Array.from({ length: taken.size + 1 }, (_, index) => `${derived}${index + 2}`)]
  const field = candidates.find((candidate) => !taken.has(candidate) && !RESERVED_FIELDS.has(candidate)) ?? derived
  if (field !== derived) {
    findings.report({
      rule: 'contract-field-renamed',
      severity: 'warning',
      at: places.of(source, 'name'),
      what: `\`${source.name}\` becomes the field \`${field}\`, because \`${derived}\` is taken`,
      why: taken.has(derived) ? 'another property has that field' : 'the generated graph uses that name itself',
      how: 'add `customProperties: [{ property: graphqlName, value: … }]` to choose the name',
    })
  }
  return field
}

function readPropertyScopes(source: OdcsProperty, { findings, places }: ContractDocument): readonly string[] {
  const scopes: string[] = []
  for (const { value, at } of findCustomValues(source.customProperties, 'readScopes', places)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const scope of list) {
      if (typeof scope === 'string' && isScope(scope)) scopes.push(scope)
      else {
        findings.report({
          rule: 'contract-custom-value',
          at,
          what: `\`readScopes\` of \`${source.name}\` holds ${JSON.stringify(scope)}`,
          expected: 'scopes: texts without spaces or quotes',
          why: 'no token could carry it, so nobody could read the property',
          how: 'write `value: [domain:scope]`',
        })
      }
    }
  }
  return [...new Set(scopes)]
}

function reportDuplicate(source: OdcsProperty, object: OdcsSchemaObject, { findings, places }: ContractDocument): void {
  findings.report({
    rule: 'contract-duplicate-name',
    at: places.of(source, 'name'),
    what: `the property \`${source.name}\` stands twice in \`${object.name}\``,
    expected: 'each name once',
    why: 'relationships and rules could mean either',
    how: 'remove one, or rename it and keep the column under `physicalName`',
  })
}
