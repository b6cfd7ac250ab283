import type { Comparison } from './comparison.ts'
import type { PreparedValue } from './prepare-record.ts'

/** Pairs and triples of plain fields that are looked at; more fields than this add no more keys. */
const MAX_COMBINED_FIELDS = 7

/**
 * Keys of which two records must share one to be compared at all. Each is cheap and many are wrong; a pair is lost only
 * when every one of them differs or is too common.
 */
export function blockingKeys(comparisons: readonly Comparison[], values: readonly PreparedValue[]): readonly string[] {
  const keys = new Set<string>()
  const plain: string[] = []
  const names: (readonly string[])[] = []
  for (const [at, { kind }] of comparisons.entries()) {
    const { main, words, part } = values[at] ?? { main: undefined }
    if (main === undefined) continue
    switch (kind) {
      case 'companyName':
      case 'personName':
        addNameKeys(keys, at, words ?? [])
        names.push(words ?? [])
        break
      case 'email':
        keys.add(`${at}=${main}`)
        keys.add(`${at}@${part ?? ''}`)
        keys.add(`${at}<${String(main).split('@', 1)[0] ?? ''}`)
        break
      case 'phone':
        keys.add(`${at}=${main}`)
        keys.add(`${at}-${String(main).slice(-6)}`)
        break
      case 'country':
      case 'text':
      case 'code':
      case 'category':
      case 'number':
      case 'date':
        plain.push(`${at}=${main}`)
    }
  }
  addCombinations(keys, plain.slice(0, MAX_COMBINED_FIELDS), names)
  return [...keys]
}

function addNameKeys(keys: Set<string>, at: number, words: readonly string[]): void {
  keys.add(`${at}=${words.join(' ')}`)
  for (const [first, word] of words.entries()) {
    keys.add(`${at}w${word}`)
    for (const other of words.slice(first + 1)) keys.add(`${at}w${word} ${other}`)
    // The beginning and the end survive a slip in the other half.
    if (word.length >= 5) {
      keys.add(`${at}b${word.slice(0, 4)}${word.length >= 8 ? word.slice(0, 6) : ''}`)
      keys.add(`${at}e${word.slice(-4)}`)
    }
  }
}

/** Words with one other field, and other fields two and three at a time. */
function addCombinations(keys: Set<string>, plain: readonly string[], names: readonly (readonly string[])[]): void {
  for (const [first, one] of plain.entries()) {
    keys.add(`1${one}`)
    for (const words of names) {
      for (const word of words) {
        keys.add(`${one}&${word}`)
        keys.add(`${one}&${word.slice(0, 3)}_`)
      }
    }
    for (const [second, other] of plain.slice(first + 1).entries()) {
      keys.add(`${one}&${other}`)
      for (const third of plain.slice(first + second + 2)) keys.add(`${one}&${other}&${third}`)
    }
  }
}
