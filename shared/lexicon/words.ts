import { splitWords, toSingular } from '../contract/index.ts'

/** The words of a mesh are few, and asked for again and again. */
const known = new Map<string, string>()
const MAX_KNOWN = 10_000
const MAX_CHARACTERS = 200

/** One spelling of a word however it is written: `ActiveUsers`, `active_user` and `Active user` are `active user`. */
export function comparableWord(text: string): string {
  const before = known.get(text)
  if (before !== undefined) return before
  const compared = compare(text)
  if (known.size >= MAX_KNOWN) known.clear()
  if (text.length <= MAX_CHARACTERS) known.set(text, compared)
  return compared
}

function compare(text: string): string {
  const words = splitWords(text.slice(0, MAX_CHARACTERS)).map((word) => word.toLowerCase())
  return words.map((word, at) => (at === words.length - 1 ? toSingular(word) : word)).join(' ')
}

/** Share of words that two texts have in common, 0 to 1 (Jaccard), without the words that carry no meaning. */
export function wordOverlap(one: string, other: string): number {
  const [left, right] = [meaningfulWords(one), meaningfulWords(other)]
  if (left.size === 0 || right.size === 0) return 0
  const common = [...left].filter((word) => right.has(word)).length
  return common / (left.size + right.size - common)
}

const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from has have in is it its not of on one or per row that the this to was which who with'.split(' '),
)

function meaningfulWords(text: string): ReadonlySet<string> {
  return new Set(
    text
      .slice(0, 2_000)
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word.length > 1 && !EMPTY_WORDS.has(word))
      .map((word) => toSingular(word)),
  )
}
