import type { ColumnProfile, TableProfile } from './data-profile.ts'
import { splitWords, toPascalCase, toSingular } from './names.ts'

/** A primary key and where it comes from: the database's word, or what every row has its own of. */
export interface InferredKey {
  readonly columns: readonly string[]
  readonly evidence: 'declared' | 'observed'
}

const KEY_WORDS = new Set(['id', 'key', 'no', 'nr', 'num', 'number', 'code', 'uuid', 'guid', 'seq', 'line', 'position'])

/** Combinations whose distinctness is worth measuring: pairs of key-like columns of a table that has no key of one column. */
export function proposeKeys(table: TableProfile): readonly (readonly string[])[] {
  if (table.primaryKey !== undefined || findSingleKey(table) !== undefined) return []
  const parts = table.columns.filter((column) => column.nulls === 0 && column.distinct > 1 && isKeyLike(column)).slice(0, 5)
  return parts.flatMap((first, index) => parts.slice(index + 1).map((second) => [first.name, second.name])).slice(0, 10)
}

/** The table's primary key, if there is one to be seen. */
export function inferKey(table: TableProfile): InferredKey | undefined {
  if (table.primaryKey !== undefined) return { columns: table.primaryKey, evidence: 'declared' }
  const single = findSingleKey(table)
  if (single !== undefined) return { columns: [single.name], evidence: 'observed' }
  const [combination] = table.distinctCombinations ?? []
  return combination === undefined ? undefined : { columns: combination, evidence: 'observed' }
}

/** Columns that every row has its own value of, beside the primary key: `account_number`. */
export function findOtherKeys(
  table: TableProfile,
  primary: InferredKey | undefined,
): readonly { readonly column: string; readonly evidence: 'declared' | 'observed' }[] {
  const declared = (table.uniqueKeys ?? []).flatMap(([column, second]) => (column === undefined || second !== undefined ? [] : [column]))
  const isPrimary = (name: string): boolean => primary?.columns.length === 1 && primary.columns[0] === name
  const observed = table.columns.filter((column) => isEveryRowsOwn(column) && isKeyLike(column) && table.rows >= 20).map(({ name }) => name)
  return [
    ...declared.filter((name) => !isPrimary(name)).map((column) => ({ column, evidence: 'declared' as const })),
    ...observed.filter((name) => !isPrimary(name) && !declared.includes(name)).map((column) => ({ column, evidence: 'observed' as const })),
  ]
}

function findSingleKey(table: TableProfile): ColumnProfile | undefined {
  const object = toSingular(toPascalCase(table.name) ?? table.name).toLowerCase()
  const rank = (column: ColumnProfile): number => {
    const words = splitWords(column.name).map((word) => word.toLowerCase())
    const stem = words.slice(0, -1).join('')
    if (words.at(-1) === 'id' && (stem === '' || object.endsWith(stem))) return 0
    if (KEY_WORDS.has(words.at(-1) ?? '') && stem !== '' && object.endsWith(stem)) return 1
    return isKeyLike(column) ? 2 : 3
  }
  const candidates = table.columns.filter((column) => isEveryRowsOwn(column) && rank(column) < 3)
  return candidates.toSorted((a, b) => rank(a) - rank(b))[0]
}

function isEveryRowsOwn(column: ColumnProfile): boolean {
  return column.rows > 0 && column.nulls === 0 && column.distinct === column.rows
}

/** Whether name and type are those of a key: dates and amounts are distinct by chance. */
function isKeyLike({ name, databaseType, maxLength }: ColumnProfile): boolean {
  const last = splitWords(name).at(-1)?.toLowerCase() ?? ''
  const isName = KEY_WORDS.has(last) || /(?:id|key|number|code)$/.test(last)
  return isName && maxLength <= 60 && !/date|time|double|float|real|bool|json|\[\]/i.test(databaseType)
}
