import type { ProductProperty } from '../contract/index.ts'
import { quoteIdentifier, type ColumnType, type SqlStatement } from '../source/index.ts'
import type { FetchedRow, KeyTuple, RowReader } from './fetched-row.ts'
import { buildRowReader } from './fetched-row.ts'
import { keysetCondition } from './keyset.ts'
import type { RowPosition } from './cursor.ts'
import { orderSql, type RowOrder } from './row-order.ts'
import type { RowSelection } from './selection.ts'
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

export interface RowsQuery {
  readonly typeName: string
  readonly selections: readonly RowSelection[]
  readonly where?: WhereInput | null | undefined
  readonly batch?: KeyBatch
  readonly range?: RowRange
}

/** A statement whose rows begin with the ordinal of the tuple that they belong to (0 without a batch). */
export interface RowsStatement {
  readonly statement: SqlStatement
  readonly read: (cells: readonly unknown[]) => { readonly ordinal: number; readonly row: FetchedRow }
}

/** Writes the one statement that yields an object's rows. */
export function buildRowsStatement(scope: StatementScope, query: RowsQuery): RowsStatement {
  const open = scope.openTable(query.typeName)
  const joined = joinBatch(scope, open, query.batch)
  const conditions = [...joined.conditions, ...whereConditions(scope, open.ref, query.where)]
  if (query.range !== undefined) conditions.push(...rangeConditions(scope, open.ref, query.range))
  const { range } = query
  const ranked = range !== undefined && joined.isMany
  return ranked ? rankedStatement(scope, open, { query, range, joined, conditions }) : plainStatement(scope, open, { query, joined, conditions })
}

/** Counts an object's rows: one row of `ordinal, count` for each tuple that has any, or one row in all. */
export function buildCountStatement(scope: StatementScope, query: Pick<RowsQuery, 'typeName' | 'where' | 'batch'>): SqlStatement {
  const open = scope.openTable(query.typeName)
  const joined = joinBatch(scope, open, query.batch)
  const where = whereClause([...joined.conditions, ...whereConditions(scope, open.ref, query.where)])
  const group = joined.isMany ? ` GROUP BY ${joined.ordinal}` : ''
  return scope.values.statement(`SELECT CAST(${joined.ordinal} AS DOUBLE PRECISION), CAST(count(*) AS DOUBLE PRECISION) FROM ${joined.from}${where}${group}`)
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

interface StatementParts {
  readonly query: RowsQuery
  readonly joined: JoinedTable
  readonly conditions: readonly string[]
}

function plainStatement(scope: StatementScope, open: OpenTable, parts: StatementParts): RowsStatement {
  const { range } = parts.query
  const reader = buildRowReader(scope, open.ref, parts.query.selections, range?.order)
  const select = [`CAST(${parts.joined.ordinal} AS DOUBLE PRECISION)`, ...reader.selectList].join(', ')
  const tail = range === undefined ? '' : ` ORDER BY ${orderSql(scope, open.ref, range.order, range.backwards)} LIMIT ${range.limit}${offsetClause(range)}`
  return finish(scope, reader, `SELECT ${select} FROM ${parts.joined.from}${whereClause(parts.conditions)}${tail}`)
}

// For each tuple its first rows: ranked inside, cut and shown outside, so that only rows that are kept are put into form.
function rankedStatement(scope: StatementScope, open: OpenTable, parts: StatementParts & { readonly range: RowRange }): RowsStatement {
  const { range, joined } = parts
  const order = orderSql(scope, open.ref, range.order, range.backwards)
  const rank = `row_number() OVER (PARTITION BY ${joined.ordinal} ORDER BY ${order}) AS ${RANK}`
  const inner = `SELECT ${joined.ordinal} AS ${ORDINAL}, ${rank}, ${open.ref.alias}.* FROM ${joined.from}${whereClause(parts.conditions)}`
  const outer: TableRef = { ...open.ref, alias: scope.nextAlias() }
  const reader = buildRowReader(scope, outer, parts.query.selections, range.order)
  const skipped = offsetOf(range)
  const select = [`CAST(${outer.alias}.${ORDINAL} AS DOUBLE PRECISION)`, ...reader.selectList].join(', ')
  const kept = `${outer.alias}.${RANK} > ${skipped} AND ${outer.alias}.${RANK} <= ${skipped + range.limit}`
  return finish(scope, reader, `SELECT ${select} FROM (${inner}) AS ${outer.alias} WHERE ${kept} ORDER BY ${outer.alias}.${ORDINAL}, ${outer.alias}.${RANK}`)
}

function finish(scope: StatementScope, reader: RowReader, text: string): RowsStatement {
  return { statement: scope.values.statement(text), read: (cells) => ({ ordinal: Number(cells[0]), row: reader.read(cells, 1) }) }
}

function offsetOf(range: RowRange): number {
  return range.order.isTotal ? 0 : Number(range.after?.[0] ?? 0)
}

function offsetClause(range: RowRange): string {
  const offset = offsetOf(range)
  return offset === 0 ? '' : ` OFFSET ${offset}`
}
