import type { SourcePosition } from '../errors/index.ts'
import type { Person, SenseField } from './concept.ts'
import type { NormalizerName } from './normalizers/index.ts'

/** Values under one code, however a domain spells them (a `skos:ConceptScheme`). */
export interface Vocabulary {
  readonly id: string
  /** PascalCase. */
  readonly name: string
  readonly definition: string
  /** How a spelling is compared with the listed ones. */
  readonly normalizer: NormalizerName
  readonly steward?: Person
  readonly values: readonly VocabularyValue[]
  /** Fields in which values of it stand, each in its domain's own spelling. */
  readonly fields: readonly SenseField[]
  readonly position: SourcePosition
}

export interface VocabularyValue {
  readonly code: string
  readonly label: string
  readonly spellings: readonly string[]
}
