import type { OdcsAuthoritativeDefinition, OdcsCustomProperty, OdcsValue } from './odcs-common.ts'

/** A table, view, file or topic. */
export interface OdcsSchemaObject {
  readonly id?: string
  readonly name: string
  readonly logicalType?: string
  readonly physicalName?: string
  readonly physicalType?: string
  readonly businessName?: string
  readonly description?: string
  readonly dataGranularityDescription?: string
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly tags?: readonly string[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly properties?: readonly OdcsProperty[]
  readonly relationships?: readonly OdcsRelationship[]
  readonly quality?: readonly OdcsQuality[]
  /** v3.2.0. */
  readonly deprecated?: boolean
  /** v3.2.0. */
  readonly synonyms?: readonly string[]
}

/** A column, a nested field, or (in `items`, where `name` is optional) what a list holds. */
export interface OdcsProperty extends OdcsPropertyBase {
  readonly name: string
}

export interface OdcsItems extends OdcsPropertyBase {
  readonly name?: string
}

export interface OdcsPropertyBase {
  readonly id?: string
  readonly logicalType?: string
  readonly logicalTypeOptions?: OdcsLogicalTypeOptions
  readonly physicalName?: string
  readonly physicalType?: string
  readonly businessName?: string
  readonly description?: string
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly tags?: readonly string[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly primaryKey?: boolean
  /** From 1; -1 where it does not apply. */
  readonly primaryKeyPosition?: number
  readonly required?: boolean
  readonly unique?: boolean
  readonly partitioned?: boolean
  readonly partitionKeyPosition?: number
  readonly classification?: string
  readonly encryptedName?: string
  readonly transformSourceObjects?: readonly string[]
  readonly transformLogic?: string
  readonly transformDescription?: string
  readonly examples?: readonly OdcsValue[]
  readonly criticalDataElement?: boolean
  readonly relationships?: readonly OdcsRelationship[]
  readonly quality?: readonly OdcsQuality[]
  /** Fields of a property of logical type `object`. */
  readonly properties?: readonly OdcsProperty[]
  /** What a property of logical type `array` holds. */
  readonly items?: OdcsItems
  /** v3.2.0: the values that are allowed. */
  readonly enum?: readonly OdcsEnumValue[]
  /** v3.2.0: key and value of logical type `map`. */
  readonly map?: OdcsValue
  /** v3.2.0. */
  readonly deprecated?: boolean
  /** v3.2.0. */
  readonly synonyms?: readonly string[]
  /** v3.2.0: `column`, `measure` or `dimension`. */
  readonly semanticType?: string
}

export interface OdcsEnumValue {
  readonly id?: string
  readonly value: OdcsValue
  readonly label?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly deprecated?: boolean
}

/** The options of all logical types; each type allows some. */
export interface OdcsLogicalTypeOptions {
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number | string
  readonly maximum?: number | string
  readonly exclusiveMinimum?: number | string
  readonly exclusiveMaximum?: number | string
  readonly multipleOf?: number
  readonly timezone?: boolean
  readonly defaultTimezone?: string
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
}

/** A foreign key; at property level `from` is the property itself and not written. */
export interface OdcsRelationship {
  readonly id?: string
  readonly type?: string
  readonly from?: string | readonly string[]
  readonly to: string | readonly string[]
  readonly description?: string
  readonly customProperties?: readonly OdcsCustomProperty[]
}

/** One quality rule: free text, a metric of the standard's library, a query, or another engine's rule. */
export interface OdcsQuality {
  readonly id?: string
  readonly type?: 'text' | 'library' | 'sql' | 'custom'
  readonly name?: string
  readonly description?: string
  readonly dimension?: string
  readonly method?: string
  readonly severity?: string
  readonly businessImpact?: string
  readonly unit?: string
  readonly schedule?: string
  readonly scheduler?: string
  readonly tags?: readonly string[]
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly metric?: string
  /** The name of `metric` in v3.0; deprecated. */
  readonly rule?: string
  readonly arguments?: { readonly [key: string]: OdcsValue }
  /** v3.0 wrote the values of rule `validValues` here. */
  readonly validValues?: readonly OdcsValue[]
  readonly query?: string
  readonly engine?: string
  readonly implementation?: OdcsValue
  readonly mustBe?: OdcsValue
  readonly mustNotBe?: OdcsValue
  readonly mustBeGreaterThan?: number
  readonly mustBeGreaterOrEqualTo?: number
  readonly mustBeLessThan?: number
  readonly mustBeLessOrEqualTo?: number
  readonly mustBeBetween?: readonly number[]
  readonly mustNotBeBetween?: readonly number[]
}
