/** Answers that are checked before it is left to samples: a serialiser that is wrong is wrong from the start. */
const ALWAYS_FIRST = 32
const SAMPLE = 64

/**
 * Finds answers in which an object has a key twice, of which `JSON.parse` takes the last in silence.
 *
 * A check costs half of parsing. So the first answers of a subgraph are checked, then one in 64; when one is found, all are,
 * until 64 in a row are right.
 */
export class RepeatedKeys {
  #unchecked = 0
  #checks = ALWAYS_FIRST

  /** @param parsed what `JSON.parse` made of the text */
  isIn(text: string, parsed: unknown): boolean {
    if (this.#checks === 0 && ++this.#unchecked < SAMPLE) return false
    this.#unchecked = 0
    const found = hasMore(text, countKeys(parsed))
    this.#checks = found ? SAMPLE : Math.max(0, this.#checks - 1)
    return found
  }
}

const STRING = /"(?:[^"\\]|\\.)*"\s*(:)?/gs

/** Whether the text has more keys than there are. */
function hasMore(text: string, keys: number): boolean {
  // Every key ends in `":`, unless there is white space between; texts may add to these, and never take away.
  let atMost = 0
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) atMost++
  if (atMost === keys && !/"\s+:/.test(text)) return false
  let count = 0
  for (const [, colon] of text.matchAll(STRING)) if (colon !== undefined) count++
  return count !== keys
}

/** Not by recursion: an answer may be nested as deep as it is long. */
function countKeys(value: unknown): number {
  const open: object[] = typeof value === 'object' && value !== null ? [value] : []
  let count = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const item of next as readonly unknown[]) if (typeof item === 'object' && item !== null) open.push(item)
      continue
    }
    for (const key in next) {
      count++
      const below = (next as Readonly<Record<string, unknown>>)[key]
      if (typeof below === 'object' && below !== null) open.push(below)
    }
  }
  return count
}
