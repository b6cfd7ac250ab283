import type { ProductProperty } from '../contract/index.ts'
import { quoteIdentifier, type ColumnType, type SqlStatement } from '../source/index.ts'
import type { KeyTuple, ReaderOf, RowReader } from './fetched-row.ts'
import { keysetCondition } from './keyset.ts'
import type { RowPosition } from './cursor.ts'
import { orderSql, type RowOrder } from './row-order.ts'
import { whereClause, type OpenTable, type StatementScope, type TableRef } from './statement-scope.ts'
import { whereConditions, type WhereInput } from './where-sql.ts'

/** Name of the column that says which tuple of a batch a row belongs to; no contract's column is called so. */
const ORDINAL = quoteIdentifier('polyseme ord')
const RANK = quoteIdentifier('polyseme rank')

/** Rows that belong to given keys: those of an entity batch, or of the rows on the other side of a relationship. */
export interface KeyBatch {
  readonly properties: readonly ProductProperty[]
  /** At least one. */
  readonly tuples: readonly KeyTuple[]
}

export interface RowRange {
  readonly order: RowOrder
  readonly backwards: boolean
  readonly after: RowPosition | undefined
  readonly before: RowPosition | undefined
  /** Rows at most; with a batch, for each of its tuples. */
  readonly limit: number
}

export interface RowsQuery<R> {
  readonly typeName: string
  readonly reader: ReaderOf<R>
  readonly where?: WhereInput | null | undefined
  readonly batch?: KeyBatch
  readonly range?: RowRange
}

/** A statement whose rows begin with the ordinal of the tuple that they belong to (0 without a batch). */
export interface RowsStatement<R> {
  readonly statement: SqlStatement
  readonly read: (cells: readonly unknown[]) => { readonly ordinal: number; readonly row: R }
}

/** Writes the one statement that yields an object's rows. */
export function buildRowsStatement<R>(scope: StatementScope, query: RowsQuery<R>): RowsStatement<R> {
  const opened = openRows(scope, query)
  const { range } = query
  if (range === undefined) return plainStatement(scope, opened, query)
  const rows = opened.joined.isMany ? rankedRows(scope, opened, range) : limitedRows(scope, opened, range)
  const reader = query.reader(scope, rows.ref, range.order)
  const select = [`CAST(${rows.ordinal} AS DOUBLE PRECISION)`, ...reader.selectList].join(', ')
  const order = rows.rank === undefined ? orderSql(scope, rows.ref, range.order, range.backwards) : `${rows.ordinal}, ${rows.rank}`
  return finish(scope, reader, `SELECT ${select} FROM ${rows.from} ORDER BY ${order}`)
}

/** A table that is ready to be read: joined with its batch, its conditions complete. */
export interface OpenedRows {
  readonly open: OpenTable
  readonly joined: JoinedTable
  readonly conditions: readonly string[]
}

export function openRows(scope: StatementScope, query: Omit<RowsQuery<unknown>, 'reader'>): OpenedRows {
  const open = scope.openTable(query.typeName)
  const joined = joinBatch(scope, open, query.batch)
  const conditions = [...joined.conditions, ...whereConditions(scope, open.ref, query.where)]
  if (query.range !== undefined) conditions.push(...rangeConditions(scope, open.ref, query.range))
  return { open, joined, conditions }
}

/** Rows of a range as a sub-select, cut but not yet in the form of the wire, so that only rows that are kept are put into it. */
export interface CutRows {
  readonly from: string
  readonly ref: TableRef
  readonly ordinal: string
  /** Place of a row within its tuple's, from 1; undefined where the rows have to be numbered anew. */
  readonly rank: string | undefined
}

/** For each tuple of a batch its first rows. */
export function rankedRows(scope: StatementScope, opened: OpenedRows, range: RowRange): CutRows {
  const { open, joined } = opened
  const order = orderSql(scope, open.ref, range.order, range.backwards)
  const rank = `row_number() OVER (PARTITION BY ${joined.ordinal} ORDER BY ${order}) AS ${RANK}`
  const inner = `SELECT ${joined.ordinal} AS ${ORDINAL}, ${rank}, ${open.ref.alias}.* FROM ${joined.from}${whereClause(opened.conditions)}`
  const ref: TableRef = { ...open.ref, alias: scope.nextAlias() }
  const skipped = offsetOf(range)
  const kept = `${ref.alias}.${RANK} > ${skipped} AND ${ref.alias}.${RANK} <= ${skipped + range.limit}`
  return { from: `(${inner}) AS ${ref.alias} WHERE ${kept}`, ref, ordinal: `${ref.alias}.${ORDINAL}`, rank: skipped === 0 ? `${ref.alias}.${RANK}` : `${ref.alias}.${RANK} - ${skipped}` }
}

/** The first rows of all. */
export function limitedRows(scope: StatementScope, opened: OpenedRows, range: RowRange): CutRows {
  const { open, joined, conditions } = opened
  const cut = rangeClause(scope, open.ref, range)
  const key = findBulkKey(scope, open.ref, range)
  const keys = key === undefined ? [] : [`${key} IN (SELECT ${key} FROM ${joined.from}${whereClause(conditions)}${cut})`]
  // The conditions stand outside as well: should the key not be unique in the data, no other row slips in.
  const inner = `SELECT ${open.ref.alias}.* FROM ${joined.from}${whereClause([...conditions, ...keys])}${cut}`
  const ref: TableRef = { ...open.ref, alias: scope.nextAlias() }
  return { from: `(${inner}) AS ${ref.alias}`, ref, ordinal: '0', rank: undefined }
}

/** Counts an object's rows: one row of `ordinal, count` for each tuple that has any, or one row in all. */
export function buildCountStatement(scope: StatementScope, query: Pick<RowsQuery<unknown>, 'typeName' | 'where' | 'batch'>): SqlStatement {
  const open = scope.openTable(query.typeName)
  const joined = joinBatch(scope, open, query.batch)
  const where = whereClause([...joined.conditions, ...whereConditions(scope, open.ref, query.where)])
  const group = joined.isMany ? ` GROUP BY ${joined.ordinal}` : ''
  return scope.values.statement(`SELECT CAST(${joined.ordinal} AS DOUBLE PRECISION), CAST(count(*) AS DOUBLE PRECISION) FROM ${joined.from}${where}${group}`)
}

// A large page in the order of a single key: which keys it has is found by reading the key alone.
function findBulkKey(scope: StatementScope, ref: TableRef, range: RowRange): string | undefined {
  const { keysFirstAbove } = scope.dialect
  const [term] = range.order.terms
  if (keysFirstAbove === undefined || range.limit <= keysFirstAbove || term === undefined) return undefined
  const isByKey = range.order.terms.length === 1 && ref.object.primaryKey?.length === 1 && term.property.field === ref.object.primaryKey[0]
  return isByKey ? scope.raw(ref, term.property) : undefined
}

export interface JoinedTable {
  readonly from: string
  readonly conditions: readonly string[]
  readonly ordinal: string
  readonly isMany: boolean
}

/** Joins a table with the tuples of a batch; a single tuple becomes a condition, which an index or statistics can serve. */
export function joinBatch(scope: StatementScope, open: OpenTable, batch: KeyBatch | undefined): JoinedTable {
  if (batch === undefined) return { from: open.from, conditions: open.conditions, ordinal: '0', isMany: false }
  const [single] = batch.tuples
  if (batch.tuples.length === 1 && single !== undefined) {
    const equal = batch.properties.map((property, index) => equalsText(scope, open.ref, property, single[index] ?? ''))
    return { from: open.from, conditions: [...equal, ...open.conditions], ordinal: '0', isMany: false }
  }
  const alias = scope.nextAlias()
  const columns = batch.properties.map((property) => scope.columnType(open.ref, property))
  // A text that the column cannot hold is bound as null, which joins with nothing and keeps the others' places.
  const placeholders = columns.map((column, index) => scope.values.bind(batch.tuples.map((tuple) => acceptedText(scope, column, tuple[index]))))
  const on = batch.properties.map((property, index) => `${scope.raw(open.ref, property)} = ${alias}.k${index}`)
  const from = `${scope.dialect.keyBatch(alias, columns, placeholders)} JOIN ${open.from} ON ${on.join(' AND ')}`
  return { from, conditions: open.conditions, ordinal: `${alias}.ord`, isMany: true }
}

function equalsText(scope: StatementScope, ref: TableRef, property: ProductProperty, text: string): string {
  const column = scope.columnType(ref, property)
  const accepted = acceptedText(scope, column, text)
  const cast = accepted === null ? undefined : scope.dialect.cast(column, scope.values.bind(accepted), accepted)
  return cast === undefined ? 'FALSE' : `${scope.raw(ref, property)} = ${cast}`
}

function acceptedText(scope: StatementScope, column: ColumnType, text: string | undefined): string | null {
  return text !== undefined && scope.dialect.accepts(column, text) ? text : null
}

function rangeConditions(scope: StatementScope, ref: TableRef, range: RowRange): string[] {
  if (!range.order.isTotal) return []
  const conditions: string[] = []
  if (range.after !== undefined) conditions.push(keysetCondition(scope, ref, { order: range.order, position: range.after, side: 'after' }))
  if (range.before !== undefined) conditions.push(keysetCondition(scope, ref, { order: range.order, position: range.before, side: 'before' }))
  return conditions
}

function plainStatement<R>(scope: StatementScope, { open, joined, conditions }: OpenedRows, query: RowsQuery<R>): RowsStatement<R> {
  const reader = query.reader(scope, open.ref, undefined)
  const select = [`CAST(${joined.ordinal} AS DOUBLE PRECISION)`, ...reader.selectList].join(', ')
  return finish(scope, reader, `SELECT ${select} FROM ${joined.from}${whereClause(conditions)}`)
}

function rangeClause(scope: StatementScope, ref: TableRef, range: RowRange): string {
  return ` ORDER BY ${orderSql(scope, ref, range.order, range.backwards)} LIMIT ${range.limit}${offsetClause(range)}`
}

function finish<R>(scope: StatementScope, reader: RowReader<R>, text: string): RowsStatement<R> {
  return { statement: scope.values.statement(text), read: (cells) => ({ ordinal: Number(cells[0]), row: reader.read(cells, 1) }) }
}

function offsetOf(range: RowRange): number {
  return range.order.isTotal ? 0 : Number(range.after?.[0] ?? 0)
}

function offsetClause(range: RowRange): string {
  const offset = offsetOf(range)
  return offset === 0 ? '' : ` OFFSET ${offset}`
}
