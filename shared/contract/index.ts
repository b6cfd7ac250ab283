export { majorOf } from './build-product.ts'
export { PAGE_DEFAULTS } from './build-object.ts'
export type { ProductDeprecation } from './deprecation.ts'
export type {
  DataProduct,
  ProductObject,
  ProductOwner,
  ProductProperty,
  ProductRelationship,
  ProductServer,
  ProductUrn,
  PropertyType,
  ResponseCacheRule,
  RowFilter,
} from './data-product.ts'
export {
  isGraphqlName,
  rootFieldOf,
  rootTypeOf,
  splitWords,
  toCamelCase,
  toKebabCase,
  toPascalCase,
  toPlural,
  toSingular,
} from './names.ts'
export type { OdcsContract, OdcsDescription, OdcsPrice, OdcsSlaProperty, OdcsSupportChannel, OdcsTeam, OdcsTeamMember } from './odcs.ts'
export type { OdcsAuthoritativeDefinition, OdcsCustomProperty, OdcsRole, OdcsValue } from './odcs-common.ts'
export type {
  OdcsEnumValue,
  OdcsItems,
  OdcsLogicalTypeOptions,
  OdcsProperty,
  OdcsPropertyBase,
  OdcsQuality,
  OdcsRelationship,
  OdcsSchemaObject,
} from './odcs-schema.ts'
export type { OdcsServer } from './odcs-server.ts'
export { parseContract, parseContracts, type ContractFile, type ParseOptions } from './parse-contract.ts'
export {
  meetsExpectation,
  type NotRunPromise,
  type QualityCheck,
  type QualityDimension,
  type QualityExpectation,
  type QualityMeasure,
  type QualityPlan,
  type QualityUnit,
  type QualityValue,
  type QueryPart,
  type ValidValues,
} from './quality-check.ts'
export { buildQualityPlan } from './quality-plan.ts'
export { findFreshnessSeconds } from './quality-sla.ts'
export { guessPersonalData, type PersonalDataGuess } from './personal-data.ts'
export { generateTypes, isNeverNull } from './generate-types.ts'
export {
  VALUE_FORMS,
  type ColumnProfile,
  type DataProfile,
  type ForeignKeyProfile,
  type ProfiledServer,
  type TableProfile,
  type ValueForm,
} from './data-profile.ts'
export { inferContract, type DraftedContract, type InferOptions } from './infer-contract.ts'
export { proposeKeys } from './infer-keys.ts'
export { proposeReferences, type ProposedReference } from './infer-references.ts'
