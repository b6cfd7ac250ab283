import type { Concept, Sense, SenseName } from './concept.ts'
import type { Mapping } from './mapping.ts'
import type { Vocabulary } from './vocabulary.ts'

declare const parsed: unique symbol

/** What the words of the mesh mean. Only `parseLexicon` makes one; every name in it resolves within it. */
export interface Lexicon {
  readonly [parsed]: true
  /** By id. */
  readonly concepts: ReadonlyMap<string, Concept>
  /** By sense, of all concepts; metrics too. */
  readonly senses: ReadonlyMap<SenseName, { readonly sense: Sense; readonly concept: Concept }>
  /** By id. */
  readonly mappings: ReadonlyMap<string, Mapping>
  /** By id. */
  readonly vocabularies: ReadonlyMap<string, Vocabulary>
}

/** A file as it was read: path for findings, text for parsing. */
export interface LexiconFile {
  readonly path: string
  readonly text: string
}
