import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import { checkLexicon, type LexiconContext } from './check-lexicon.ts'
import type { Concept, Sense, SenseName } from './concept.ts'
import { readYamlFile } from './document-reader.ts'
import type { Lexicon, LexiconFile } from './lexicon.ts'
import type { Mapping } from './mapping.ts'
import { readConcept } from './read-concept.ts'
import { readMapping } from './read-mapping.ts'
import { readVocabulary } from './read-vocabulary.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Reads a lexicon from its files. Every finding is reported at once, with file, line and column.
 *
 * With `products`, senses, keys and fields are also compared with the contracts; with `today`, working groups whose
 * time is over are reported.
 */
export function parseLexicon(files: readonly LexiconFile[], context: LexiconContext = {}): Result<Lexicon> {
  const diagnostics: Diagnostic[] = []
  const concepts: Concept[] = []
  const mappings: Mapping[] = []
  const vocabularies: Vocabulary[] = []
  for (const file of files) {
    const reader = readYamlFile(file, diagnostics)
    switch (reader?.word('kind', ['Concept', 'Mapping', 'Vocabulary'])) {
      case 'Concept':
        concepts.push(...present(readConcept(reader)))
        break
      case 'Mapping':
        mappings.push(...present(readMapping(reader)))
        break
      case 'Vocabulary':
        vocabularies.push(...present(readVocabulary(reader)))
        break
      case undefined:
        break
    }
  }
  const senses = new Map<SenseName, { sense: Sense; concept: Concept }>()
  for (const concept of concepts) {
    for (const sense of concept.senses) {
      const other = senses.get(sense.name)
      if (other === undefined) senses.set(sense.name, { sense, concept })
      else
        diagnostics.push(
          twice('sense', sense.name, sense.position, 'A sense belongs to one concept; otherwise nobody knows which word it is.'),
        )
    }
  }
  const lexicon = {
    concepts: byId('concept', concepts, diagnostics),
    senses,
    mappings: byId('mapping', mappings, diagnostics),
    vocabularies: byId('vocabulary', vocabularies, diagnostics),
  } as unknown as Lexicon // the only cast to it
  diagnostics.push(...checkLexicon(lexicon, context))
  const isError = diagnostics.some(({ severity }) => severity === 'error')
  return isError ? invalid(diagnostics) : ok(lexicon, diagnostics)
}

function present<Value>(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : [value]
}

function byId<Item extends { readonly id: string; readonly position: Concept['position'] }>(
  kind: string,
  items: readonly Item[],
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Item> {
  const map = new Map<string, Item>()
  for (const item of items) {
    if (map.has(item.id)) diagnostics.push(twice(kind, item.id, item.position, 'Links and histories refer to the id.'))
    else map.set(item.id, item)
  }
  return map
}

function twice(kind: string, id: string, position: Concept['position'], why: string): Diagnostic {
  return {
    rule: `lexicon-duplicate-${kind}`,
    severity: 'error',
    what: `${kind} \`${id}\` is declared twice`,
    expected: 'once',
    why,
    position,
  }
}
