import type { ProductRelationship } from '../contract/index.ts'
import type { KeyTuple, RowLinks } from './fetched-row.ts'

/** The different keys that rows have for a relationship. */
export interface IndexedKeys {
  readonly tuples: readonly KeyTuple[]
  /** For each row the place of its tuple; undefined: the row has nothing to follow. */
  readonly places: readonly (number | undefined)[]
}

/** The same for equal tuples of one length, different for different ones. */
export function keyTupleText(tuple: KeyTuple): string {
  return tuple.length === 1 ? (tuple[0] ?? '') : JSON.stringify(tuple)
}

/** Collects each key once, so that many rows with one key cost one look-up. */
export function indexKeys(rows: readonly RowLinks[], relationship: ProductRelationship): IndexedKeys {
  const known = new Map<string, number>()
  const tuples: KeyTuple[] = []
  const places = rows.map((links) => {
    const tuple = links.keyFor(relationship)
    if (tuple === undefined) return undefined
    const text = keyTupleText(tuple)
    const found = known.get(text)
    if (found !== undefined) return found
    const place = tuples.push(tuple) - 1
    known.set(text, place)
    return place
  })
  return { tuples, places }
}
