import type { DataProfile, ForeignKeyProfile, TableProfile } from './data-profile.ts'
import { inferKey } from './infer-keys.ts'
import { splitWords, toPascalCase, toSingular } from './names.ts'

/** A column that may hold the key of another table; worth counting the values that are not found there. */
export interface ProposedReference {
  readonly table: string
  readonly column: string
  readonly to: { readonly table: string; readonly column: string }
}

/** Columns named like another table's key (`customer_id` beside a table `customers` with that key, or with a key `id`). */
export function proposeReferences(tables: readonly TableProfile[]): readonly ProposedReference[] {
  const objectWord = objectWordsOf(tables)
  const keys = tables.flatMap((table) => {
    const [column, second] = inferKey(table)?.columns ?? []
    return column === undefined || second !== undefined ? [] : [{ table, column, words: wordsOf(column), object: objectWord(table) }]
  })
  return tables.flatMap((table) =>
    table.columns.flatMap((column) => {
      const words = wordsOf(column.name)
      const isOwnKey = column.nulls === 0 && column.distinct === column.rows
      const key = keys.find(
        (one) => one.table !== table && column.nulls < column.rows && refersTo(words, { ...one, isOwnKey, from: objectWord(table) }),
      )
      return key === undefined ? [] : [{ table: table.name, column: column.name, to: { table: key.table.name, column: key.column } }]
    }),
  )
}

/** The foreign keys of a table: the database's own, and those of the proposals that held. */
export function foreignKeysOf(table: TableProfile, profile: DataProfile): readonly ForeignKeyProfile[] {
  const known = new Set(profile.tables.map(({ name }) => name))
  return (table.foreignKeys ?? []).filter((key) => known.has(key.table) && key.columns.length === key.references.length)
}

interface Reference {
  /** Of the key that may be meant, and of the object that it is the key of. */
  readonly words: readonly string[]
  readonly object: string
  /** Whether the column is every row's own in its table, and that table's object. */
  readonly isOwnKey: boolean
  readonly from: string
}

function refersTo(words: readonly string[], key: Reference): boolean {
  const last = words.at(-1)
  const stem = words.slice(0, -1).join('')
  // `address_id` of addresses is the table's own, also where another table has a key of that name.
  if (last === undefined || stem === '' || (key.isOwnKey && stem === key.from)) return false
  const isNamedAfter = stem.endsWith(key.object)
  // `billing_customer_id` ends like the key `customer_id`; `customer_id` is the key `id` of customers.
  const isSameName = key.words.length > 1 && words.slice(-key.words.length).join(' ') === key.words.join(' ')
  // Two tables whose rows have the same ids (a person's phone, a person's mail) need not know each other.
  return (isSameName && (isNamedAfter || !key.isOwnKey)) || (key.words.join('') === last && isNamedAfter)
}

function wordsOf(name: string): readonly string[] {
  return splitWords(name).map((word) => word.toLowerCase())
}

/** `person_address` is an address where every table's name begins with `person_`. */
function objectWordsOf(tables: readonly TableProfile[]): (table: TableProfile) => string {
  const [first = [], ...rest] = tables.map(({ name }) => wordsOf(name))
  let shared = 0
  while (
    rest.length > 0 &&
    shared < first.length - 1 &&
    rest.every((words) => words.length > shared + 1 && words[shared] === first[shared])
  )
    shared += 1
  return ({ name }) => toSingular(toPascalCase(wordsOf(name).slice(shared).join(' ')) ?? name).toLowerCase()
}
