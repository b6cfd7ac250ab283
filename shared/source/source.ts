import type { ProductObject } from '../contract/index.ts'
import type { ColumnType, Dialect } from './dialect.ts'
import type { SqlStatement } from './sql-statement.ts'

/** One row, in the order of the statement's select list; cells are text, number, boolean (or 0 and 1 for one, see `isTrue`) or null. */
export type SqlRow = readonly unknown[]

/** Whether a cell of a condition or a boolean column holds; engines without booleans give 1. */
export function isTrue(cell: unknown): boolean {
  return cell === true || cell === 1
}

/** An object of a contract as it lies in the engine. */
export interface SourceTable {
  readonly object: ProductObject
  /** What stands after `FROM`: a quoted name. */
  readonly relation: string
  /** By property name of the contract. */
  readonly columns: ReadonlyMap<string, ColumnType>
}

export interface QueryOptions {
  /** Aborts the statement in the engine, not only the wait for it. */
  readonly signal?: AbortSignal
}

/** What a source says of each statement that it ran; never the values. */
export interface StatementReport {
  readonly text: string
  readonly rows: number
  readonly durationMs: number
  readonly outcome: 'ok' | 'failed'
}

export type StatementObserver = (report: StatementReport) => void

/** Where a domain's data lies: parameterised statements in, rows out. */
export interface Source extends AsyncDisposable {
  readonly dialect: Dialect
  /** By the object's type name. */
  readonly tables: ReadonlyMap<string, SourceTable>
  /** @throws SOURCE_UNAVAILABLE the engine refused or failed; DEADLINE_EXCEEDED the signal aborted. */
  readonly query: (statement: SqlStatement, options?: QueryOptions) => Promise<readonly SqlRow[]>
  /** Batches of rows as the engine produces them; memory is bounded by a batch. */
  readonly stream: (statement: SqlStatement, options?: QueryOptions) => AsyncIterable<readonly SqlRow[]>
  /** The same tables over one connection of its own, for work that must not take those of callers; to be closed first. */
  readonly withOwnConnection: () => Source
  /** Whether the engine answers; cheap. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}
