import type { ObjectReader } from './document-reader.ts'
import { NORMALIZERS, type NormalizerName } from './normalizers/index.ts'
import { readId, readName, readPerson, readSenseFields } from './read-concept.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Reads a `kind: Vocabulary` document; undefined when something essential is missing (reported). */
export function readVocabulary(reader: ObjectReader): Vocabulary | undefined {
  const id = readId(reader)
  const name = readName(reader)
  const definition = reader.text('definition', 'required')
  const normalizer = reader.word('normalizer', Object.keys(NORMALIZERS) as NormalizerName[], 'text')
  const steward = readPerson(reader, 'steward')
  const values = reader.objects('values').flatMap((item) => {
    const code = item.text('code', 'required')
    const label = item.text('label', 'required')
    const spellings = item.texts('spellings')
    item.finish()
    return code === undefined || label === undefined ? [] : [{ code, label, spellings }]
  })
  const fields = readSenseFields(reader, 'fields')
  reader.finish()
  if (id === undefined || name === undefined || definition === undefined || normalizer === undefined) return undefined
  return { id, name, definition, normalizer, values, fields, ...(steward === undefined ? {} : { steward }), position: reader.position }
}
