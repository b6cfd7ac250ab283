import type {
  OdcsEnumValue,
  OdcsItems,
  OdcsLogicalTypeOptions,
  OdcsProperty,
  OdcsPropertyBase,
  OdcsRelationship,
  OdcsSchemaObject,
} from './odcs-schema.ts'
import { authoritativeDefinitions, customProperties, tags } from './read-common.ts'
import { qualityRules } from './read-quality.ts'
import { anyValue, boolean, either, integer, lazy, listOf, number, text, type Reader } from './reader.ts'
import { optional, record, required, type Fields } from './record-reader.ts'

const bound: Reader<number | string> = {
  expected: 'a number, or a date as text',
  read(node, path, context) {
    return node.kind === 'scalar' && typeof node.value === 'number' ? node.value : text.read(node, path, context)
  },
}

const logicalTypeOptions = record<OdcsLogicalTypeOptions>(
  { name: 'the options of a logical type' },
  {
    minLength: optional(integer),
    maxLength: optional(integer),
    pattern: optional(text),
    format: optional(text),
    minimum: optional(bound),
    maximum: optional(bound),
    exclusiveMinimum: optional(bound),
    exclusiveMaximum: optional(bound),
    multipleOf: optional(number),
    timezone: optional(boolean),
    defaultTimezone: optional(text),
    minProperties: optional(integer),
    maxProperties: optional(integer),
    required: optional(listOf(text)),
    minItems: optional(integer),
    maxItems: optional(integer),
    uniqueItems: optional(boolean),
  },
)

const reference = either({ kind: 'list', reader: listOf(text) }, text)

const relationships = listOf(
  record<OdcsRelationship>(
    { name: 'a relationship' },
    {
      id: optional(text),
      type: optional(text),
      from: optional(reference),
      to: required(reference),
      description: optional(text),
      customProperties: optional(customProperties),
    },
  ),
)

const enumValues = listOf(
  record<OdcsEnumValue>(
    { name: 'an enum value' },
    {
      id: optional(text),
      value: required(anyValue),
      label: optional(text),
      description: optional(text),
      tags: optional(tags),
      authoritativeDefinitions: optional(authoritativeDefinitions),
      customProperties: optional(customProperties),
      deprecated: optional(boolean),
    },
  ),
)

const properties: Reader<readonly OdcsProperty[]> = lazy('a list, each entry a property', () => listOf(property))
const items: Reader<OdcsItems> = lazy('what the list holds', () => itemsRecord)

const propertyFields: Fields<OdcsPropertyBase> = {
  id: optional(text),
  logicalType: optional(text),
  logicalTypeOptions: optional(logicalTypeOptions),
  physicalName: optional(text),
  physicalType: optional(text),
  businessName: optional(text),
  description: optional(text),
  authoritativeDefinitions: optional(authoritativeDefinitions),
  tags: optional(tags),
  customProperties: optional(customProperties),
  primaryKey: optional(boolean),
  primaryKeyPosition: optional(integer),
  required: optional(boolean),
  unique: optional(boolean),
  partitioned: optional(boolean),
  partitionKeyPosition: optional(integer),
  classification: optional(text),
  encryptedName: optional(text),
  transformSourceObjects: optional(listOf(text)),
  transformLogic: optional(text),
  transformDescription: optional(text),
  examples: optional(listOf(anyValue)),
  criticalDataElement: optional(boolean),
  relationships: optional(relationships),
  quality: optional(qualityRules),
  properties: optional(properties),
  items: optional(items),
  enum: optional(enumValues),
  map: optional(anyValue),
  deprecated: optional(boolean),
  synonyms: optional(tags),
  semanticType: optional(text),
}

const RENAMED_NOTES = { isNullable: 'with the opposite value' }

/** What version 2 of the standard and other contract languages call these keys. */
const RENAMED = {
  column: 'name',
  columns: 'properties',
  isNullable: 'required',
  isUnique: 'unique',
  isPrimaryKey: 'primaryKey',
  encryptedColumnName: 'encryptedName',
  partitionStatus: 'partitioned',
  sampleValues: 'examples',
  criticalDataElementStatus: 'criticalDataElement',
  transformSourceTables: 'transformSourceObjects',
  type: 'logicalType',
  fields: 'properties',
  tag: 'tags',
}

const property = record<OdcsProperty>(
  { name: 'a property', renamed: RENAMED, renamedNotes: RENAMED_NOTES },
  { ...propertyFields, name: required(text) },
)
const itemsRecord = record<OdcsItems>(
  { name: 'what a list holds', renamed: RENAMED, renamedNotes: RENAMED_NOTES },
  { ...propertyFields, name: optional(text) },
)

export const schemaObjects: Reader<readonly OdcsSchemaObject[]> = listOf(
  record<OdcsSchemaObject>(
    { name: 'a schema object', renamed: { ...RENAMED, dataGranularity: 'dataGranularityDescription', table: 'name' } },
    {
      id: optional(text),
      name: required(text),
      logicalType: optional(text),
      physicalName: optional(text),
      physicalType: optional(text),
      businessName: optional(text),
      description: optional(text),
      dataGranularityDescription: optional(text),
      authoritativeDefinitions: optional(authoritativeDefinitions),
      tags: optional(tags),
      customProperties: optional(customProperties),
      properties: optional(properties),
      relationships: optional(relationships),
      quality: optional(qualityRules),
      deprecated: optional(boolean),
      synonyms: optional(tags),
    },
  ),
)
