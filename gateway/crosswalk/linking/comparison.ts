/** How two values of a field are prepared and compared. */
export const COMPARISON_KINDS = [
  'companyName',
  'personName',
  'email',
  'phone',
  'country',
  'text',
  'code',
  'category',
  'number',
  'date',
] as const
export type ComparisonKind = (typeof COMPARISON_KINDS)[number]

/** A field of one side set against a field of the other. */
export interface Comparison {
  /** Unique; shown in contributions. */
  readonly name: string
  readonly kind: ComparisonKind
  readonly from: string
  readonly to: string
}

/** One degree of agreement: the first of a comparison's levels whose condition holds. */
export interface ComparisonLevel {
  readonly label: string
  /** SQL over `l` and `r`; the last level of every comparison takes what is left. */
  readonly when: string
  /** Column whose value is the agreement, so that agreeing on a rare one counts for more. */
  readonly rarityOf?: string
}

/** The prepared columns of a comparison on either table: `c0`, `c0_words`. */
export interface PreparedColumn {
  readonly suffix: '' | '_words' | '_part'
  readonly type: 'VARCHAR' | 'VARCHAR[]' | 'DOUBLE'
}

const TEXT: PreparedColumn = { suffix: '', type: 'VARCHAR' }
const WORDS: PreparedColumn = { suffix: '_words', type: 'VARCHAR[]' }
const PART: PreparedColumn = { suffix: '_part', type: 'VARCHAR' }

/** Columns that hold the prepared values of each kind. */
export const PREPARED_COLUMNS: Readonly<Record<ComparisonKind, readonly PreparedColumn[]>> = {
  companyName: [TEXT, WORDS, PART],
  personName: [TEXT, WORDS, PART],
  email: [TEXT, PART],
  phone: [TEXT],
  country: [TEXT],
  text: [TEXT],
  code: [TEXT],
  category: [TEXT],
  number: [{ suffix: '', type: 'DOUBLE' }],
  date: [TEXT],
}

/** The levels of a comparison whose prepared columns begin with `column`, from full agreement to none. */
export function levelsOf(kind: ComparisonKind, column: string): readonly ComparisonLevel[] {
  const [l, r] = [`l.${column}`, `r.${column}`]
  const same: ComparisonLevel = { label: 'same', when: `${l} = ${r}`, rarityOf: column }
  const different: ComparisonLevel = { label: 'different', when: 'true' }
  switch (kind) {
    case 'companyName':
    case 'personName': {
      // `_part` holds the words in order of the alphabet, so that swapped words are the same and near ones stay near.
      const nearness = `greatest(jaro_winkler_similarity(${l}, ${r}), jaro_winkler_similarity(${l}_part, ${r}_part))`
      const common = `len(list_intersect(${l}_words, ${r}_words))`
      const fewest = `least(len(${l}_words), len(${r}_words))`
      return [
        same,
        { label: 'same words', when: `${l}_part = ${r}_part`, rarityOf: `${column}_part` },
        { label: 'nearly same', when: `${nearness} >= 0.94` },
        { label: 'one within the other', when: `${common} = ${fewest} AND ${fewest} > 0` },
        { label: 'similar', when: `${nearness} >= 0.86 OR (${common} * 2 >= ${fewest} AND ${common} > 0 AND ${nearness} >= 0.7)` },
        { label: 'a word in common', when: `${common} > 0` },
        different,
      ]
    }
    case 'email':
      return [
        same,
        { label: 'nearly same', when: `jaro_winkler_similarity(${l}, ${r}) >= 0.96` },
        { label: 'same host', when: `${l}_part = ${r}_part`, rarityOf: `${column}_part` },
        different,
      ]
    case 'text':
      return [
        same,
        { label: 'nearly same', when: `jaro_winkler_similarity(${l}, ${r}) >= 0.93` },
        { label: 'similar', when: `jaro_winkler_similarity(${l}, ${r}) >= 0.84` },
        different,
      ]
    case 'phone':
    case 'code':
      return [same, { label: 'nearly same', when: `damerau_levenshtein(${l}, ${r}) <= 1` }, different]
    case 'country':
    case 'category':
      return [same, different]
    case 'number': {
      const gap = `abs(${l} - ${r}) / greatest(abs(${l}), abs(${r}), 1e-9)`
      return [same, { label: 'within 2 %', when: `${gap} <= 0.02` }, { label: 'within 15 %', when: `${gap} <= 0.15` }, different]
    }
    case 'date':
      return [
        same,
        { label: 'one digit off', when: `damerau_levenshtein(${l}, ${r}) <= 1` },
        { label: 'same year', when: `left(${l}, 4) = left(${r}, 4)` },
        different,
      ]
  }
}
