import { isTrue, type SqlStatement } from '../source/index.ts'
import type { RowPosition } from './cursor.ts'
import { linkReader } from './fetched-row.ts'
import { orderSql } from './row-order.ts'
import { openRows, rankedRows, limitedRows, type KeyBatch, type RowRange } from './rows-statement.ts'
import type { RowSelection } from './selection.ts'
import type { StatementScope } from './statement-scope.ts'
import { brokenCondition, membersText, type RowLayout } from './text-row.ts'
import type { WhereInput } from './where-sql.ts'

export interface PageTextQuery {
  readonly selection: RowSelection
  /** Of fields only. */
  readonly layout: RowLayout
  readonly where: WhereInput | undefined
  readonly batch: KeyBatch | undefined
  /** Its limit is one more than the page's size. */
  readonly range: RowRange
  readonly withPositions: boolean
}

/** A page as one text that the database wrote. */
export interface PageText {
  readonly ordinal: number
  /** Rows that were found, one more than the page's size at most. */
  readonly found: number
  /** The rows, separated by commas. */
  readonly text: string
  readonly isBroken: boolean
  readonly first: RowPosition
  readonly last: RowPosition
}

export interface PageTextStatement {
  readonly statement: SqlStatement
  readonly read: (cells: readonly unknown[]) => PageText
}

/**
 * Writes the one statement that yields whole pages of rows without relationships: a row for each page.
 *
 * Reading 10,000 texts out of the engine costs as much as making them, reading one costs nothing.
 */
export function buildPageTextStatement(scope: StatementScope, query: PageTextQuery): PageTextStatement {
  const { range } = query
  const opened = openRows(scope, { typeName: query.selection.object.object.typeName, where: query.where, range, ...(query.batch === undefined ? {} : { batch: query.batch }) })
  const rows = opened.joined.isMany ? rankedRows(scope, opened, range) : limitedRows(scope, opened, range)
  const order = orderSql(scope, rows.ref, range.order, range.backwards)
  const broken = brokenCondition(scope, rows.ref, query.selection)
  const positions = query.withPositions ? linkReader(scope, rows.ref, [], range.order).selectList : []
  const [members = []] = query.layout.members
  const columns = [
    `${rows.ordinal} AS o`,
    `${rows.rank ?? `row_number() OVER (ORDER BY ${order})`} AS n`,
    `${membersText(scope, rows.ref, members)} AS j`,
    ...(broken === undefined ? [] : [`${broken} AS b`]),
    ...(positions.length === 0 ? [] : [`count(*) OVER (PARTITION BY ${rows.ordinal}) AS m`]),
    ...positions.map((position, index) => `${position} AS k${index}`),
  ]
  const size = range.limit - 1
  const kept = `FILTER (WHERE p.n <= ${size})`
  const shown = [
    'CAST(p.o AS DOUBLE PRECISION)',
    'CAST(count(*) AS DOUBLE PRECISION)',
    `string_agg(p.j, ',' ORDER BY p.n ${range.backwards ? 'DESC' : 'ASC'}) ${kept}`,
    broken === undefined ? 'FALSE' : `bool_or(p.b) ${kept}`,
    ...positions.map((_position, index) => `max(p.k${index}) FILTER (WHERE p.n = 1)`),
    ...positions.map((_position, index) => `max(p.k${index}) FILTER (WHERE p.n = least(${size}, p.m))`),
  ]
  const text = `SELECT ${shown.join(', ')} FROM (SELECT ${columns.join(', ')} FROM ${rows.from}) AS p GROUP BY p.o`
  return { statement: scope.values.statement(text), read: (cells) => readPage(cells, positions.length, range.backwards) }
}

function readPage(cells: readonly unknown[], terms: number, backwards: boolean): PageText {
  const nearest = textsOf(cells.slice(4, 4 + terms))
  const farthest = textsOf(cells.slice(4 + terms, 4 + 2 * terms))
  return {
    ordinal: Number(cells[0]),
    found: Number(cells[1]),
    text: typeof cells[2] === 'string' ? cells[2] : '',
    isBroken: isTrue(cells[3]),
    first: backwards ? farthest : nearest,
    last: backwards ? nearest : farthest,
  }
}

function textsOf(cells: readonly unknown[]): RowPosition {
  return cells.map((cell) => (typeof cell === 'string' ? cell : null))
}
