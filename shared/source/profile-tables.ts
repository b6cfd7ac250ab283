import {
  proposeKeys,
  proposeReferences,
  VALUE_FORMS,
  type ColumnProfile,
  type ForeignKeyProfile,
  type TableProfile,
  type ValueForm,
} from '../contract/index.ts'
import { quoteIdentifier } from './sql-statement.ts'

/** What the statements of a profile need of an engine; values come back as text, whatever they are. */
export interface ProfileEngine {
  readonly query: (text: string) => Promise<readonly (readonly unknown[])[]>
  /** An expression as text; the engine's types differ in how. */
  readonly asText: (expression: string) => string
  /** A condition: the text matches the pattern. */
  readonly matches: (text: string, pattern: string) => string
  /** A relation of some of the rows, the same ones each time. */
  readonly sample: (relation: string, percent: number) => string
}

/** A table to be profiled: what is known of it before its rows are counted. */
export interface ProfiledTable {
  readonly table: Omit<TableProfile, 'columns' | 'rows' | 'sampled' | 'distinctCombinations'>
  /** After `FROM`: all rows. */
  readonly relation: string
  readonly columns: readonly Pick<ColumnProfile, 'name' | 'databaseType' | 'untyped' | 'nullable' | 'comment' | 'declaredValues'>[]
}

/** Above this, columns and combinations are counted on a sample; references still on all rows. */
const MAX_COUNTED_ROWS = 2_000_000
const SAMPLE_ROWS = 200_000
const MAX_VALUES = 41

/** Counts what `inferContract` wants to know: some statements per table, each over all rows or a sample of them. */
export async function profileTables(tables: readonly ProfiledTable[], engine: ProfileEngine): Promise<readonly TableProfile[]> {
  const profiles: TableProfile[] = []
  for (const table of tables) profiles.push(await profileTable(table, engine))
  const relations = new Map(tables.map(({ table, relation }) => [table.name, relation]))
  const observed = await observeReferences(profiles, relations, engine)
  return profiles.map((profile) => ({ ...profile, foreignKeys: [...(profile.foreignKeys ?? []), ...(observed.get(profile.name) ?? [])] }))
}

async function profileTable({ table, relation, columns }: ProfiledTable, engine: ProfileEngine): Promise<TableProfile> {
  const [[counted] = []] = await engine.query(`SELECT count(*) FROM ${relation}`)
  const rows = Number(counted)
  const sampled = rows > MAX_COUNTED_ROWS
  const from = sampled ? `(${engine.sample(relation, (SAMPLE_ROWS / rows) * 100)}) AS sampled` : relation
  const counts = columns.length === 0 ? [] : await countColumns(columns, from, engine)
  const profiles: ColumnProfile[] = []
  for (const [index, column] of columns.entries()) {
    const count = counts[index]
    if (count !== undefined) profiles.push({ ...column, ...count, values: await frequentValues(column.name, from, engine) })
  }
  const profile: TableProfile = { ...table, rows, sampled, columns: profiles }
  return { ...profile, distinctCombinations: await distinctCombinations(profile, from, engine) }
}

type Counts = Omit<ColumnProfile, 'name' | 'databaseType' | 'untyped' | 'values'>

async function countColumns(columns: ProfiledTable['columns'], from: string, engine: ProfileEngine): Promise<readonly Counts[]> {
  const forms = Object.entries(VALUE_FORMS) as [ValueForm, string][]
  const expressions = columns.map((column) => {
    const text = engine.asText(quoteIdentifier(column.name))
    const base = [`count(${quoteIdentifier(column.name)})`, `count(DISTINCT ${text})`, `coalesce(max(length(${text})), 0)`]
    return isText(column.databaseType)
      ? [...base, ...forms.map(([, pattern]) => `count(*) FILTER (WHERE ${engine.matches(text, pattern)})`)]
      : base
  })
  const [cells = []] = await engine.query(`SELECT count(*), ${expressions.flat().join(', ')} FROM ${from}`)
  const rows = Number(cells[0])
  let at = 1
  return expressions.map((list) => {
    const [filled = 0, distinct = 0, maxLength = 0, ...formCounts] = cells.slice(at, at + list.length).map(Number)
    at += list.length
    const counts = { rows, nulls: rows - filled, distinct, maxLength }
    if (formCounts.length === 0) return counts
    return {
      ...counts,
      forms: Object.fromEntries(forms.map(([form], index) => [form, formCounts[index] ?? 0])) as Record<ValueForm, number>,
    }
  })
}

function isText(databaseType: string): boolean {
  return /^(?:VARCHAR|TEXT|CHARACTER|CHAR|BPCHAR|CITEXT|NAME)\b(?!.*\[)/i.test(databaseType)
}

async function frequentValues(column: string, from: string, engine: ProfileEngine): Promise<ColumnProfile['values']> {
  const text = engine.asText(quoteIdentifier(column))
  const rows = await engine.query(
    `SELECT left(${text}, 200), count(*) FROM ${from} WHERE ${quoteIdentifier(column)} IS NOT NULL
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MAX_VALUES}`,
  )
  return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }))
}

async function distinctCombinations(table: TableProfile, from: string, engine: ProfileEngine): Promise<readonly (readonly string[])[]> {
  for (const columns of proposeKeys(table)) {
    const list = columns.map(quoteIdentifier).join(', ')
    const [[total, distinct] = []] = await engine.query(
      `SELECT (SELECT count(*) FROM ${from}), (SELECT count(*) FROM (SELECT DISTINCT ${list} FROM ${from}) AS combinations)`,
    )
    if (Number(total) > 0 && Number(total) === Number(distinct)) return [columns]
  }
  return []
}

/** References of which no value is without its counterpart; those that the database declares need no counting. */
async function observeReferences(
  tables: readonly TableProfile[],
  relations: ReadonlyMap<string, string>,
  engine: ProfileEngine,
): Promise<ReadonlyMap<string, readonly ForeignKeyProfile[]>> {
  const found = new Map<string, ForeignKeyProfile[]>()
  for (const { table, column, to } of proposeReferences(tables)) {
    const declared = tables.find(({ name }) => name === table)?.foreignKeys?.some(({ columns }) => columns.includes(column)) === true
    const [from, target] = [relations.get(table), relations.get(to.table)]
    if (declared || from === undefined || target === undefined) continue
    const [own, other] = [engine.asText(`a.${quoteIdentifier(column)}`), engine.asText(`b.${quoteIdentifier(to.column)}`)]
    const missing = await engine.query(
      `SELECT 1 FROM ${from} AS a WHERE a.${quoteIdentifier(column)} IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM ${target} AS b WHERE ${other} = ${own}) LIMIT 1`,
    )
    if (missing.length > 0) continue
    found.set(table, [...(found.get(table) ?? []), { columns: [column], table: to.table, references: [to.column], evidence: 'observed' }])
  }
  return found
}
