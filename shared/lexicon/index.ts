export { checkAgainstContracts, objectsBySense } from './check-contracts.ts'
export type { LexiconContext } from './check-lexicon.ts'
export type { Concept, ConceptType, Person, Sense, SenseField, SenseName, SurvivorshipField } from './concept.ts'
export { decodeEntityKey, encodeEntityKey, type KeyPart } from './entity-key.ts'
export { findClassificationGaps } from './find-classification-gaps.ts'
export { findPolysemes } from './find-polysemes.ts'
export { comparableWord } from './words.ts'
export type { Lexicon, LexiconFile } from './lexicon.ts'
export type { IncomingStatement, LinkStatement, Provenance } from './link.ts'
export {
  CARDINALITIES,
  invertPredicate,
  isFromMany,
  isToMany,
  MAPPING_STATUSES,
  PREDICATES,
  type Cardinality,
  type Mapping,
  type MappingRule,
  type MappingStatus,
  type Predicate,
} from './mapping.ts'
export { NORMALIZERS, type Normalizer, type NormalizerName } from './normalizers/index.ts'
export { parseLexicon } from './parse-lexicon.ts'
export { parseMoment, readLinks } from './read-links.ts'
export { formatSssom, parseSssom, SSSOM_EXTENSION_COLUMNS, SSSOM_REQUIRED_COLUMNS, type SssomSet } from './sssom.ts'
export type { Vocabulary, VocabularyValue } from './vocabulary.ts'
