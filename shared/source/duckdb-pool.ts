import { LIST, VARCHAR, type DuckDBConnection, type DuckDBInstance, type DuckDBPreparedStatement } from '@duckdb/node-api'
import type { SqlStatement, SqlValue } from './sql-statement.ts'

const TEXT_LIST = LIST(VARCHAR)
const STATEMENTS_KEPT = 256

/** A connection and the statements prepared on it, the longest unused dropped first. */
export class PooledConnection {
  readonly connection: DuckDBConnection
  readonly #prepared = new Map<string, DuckDBPreparedStatement>()

  constructor(connection: DuckDBConnection) {
    this.connection = connection
  }

  /** The statement prepared (or found prepared) with its values bound. */
  async bind(statement: SqlStatement): Promise<DuckDBPreparedStatement> {
    const prepared = await this.#prepare(statement.text)
    statement.values.forEach((value, index) => bindValue(prepared, index + 1, value))
    return prepared
  }

  async #prepare(text: string): Promise<DuckDBPreparedStatement> {
    const known = this.#prepared.get(text)
    if (known !== undefined) {
      this.#prepared.delete(text)
      this.#prepared.set(text, known)
      return known
    }
    const prepared = await this.connection.prepare(text)
    this.#prepared.set(text, prepared)
    const oldest = this.#prepared.keys().next()
    if (this.#prepared.size > STATEMENTS_KEPT && oldest.done !== true) {
      this.#prepared.get(oldest.value)?.destroySync()
      this.#prepared.delete(oldest.value)
    }
    return prepared
  }

  close(): void {
    for (const prepared of this.#prepared.values()) prepared.destroySync()
    this.#prepared.clear()
    this.connection.closeSync()
  }
}

function bindValue(prepared: DuckDBPreparedStatement, index: number, value: SqlValue): void {
  if (value === null) prepared.bindNull(index)
  else if (typeof value === 'string') prepared.bindVarchar(index, value)
  else if (typeof value === 'boolean') prepared.bindBoolean(index, value)
  else if (typeof value === 'number') bindNumber(prepared, index, value)
  else prepared.bindList(index, value, TEXT_LIST)
}

function bindNumber(prepared: DuckDBPreparedStatement, index: number, value: number): void {
  if (Number.isSafeInteger(value)) prepared.bindBigInt(index, BigInt(value))
  else prepared.bindDouble(index, value)
}

/** Connections to one instance: a statement has one for itself while it runs, and further ones wait their turn. */
export class DuckDbPool {
  readonly #instance: DuckDBInstance
  readonly #idle: PooledConnection[] = []
  readonly #all: PooledConnection[] = []
  readonly #waiting = new Set<(connection: PooledConnection) => void>()
  readonly #size: number
  readonly #ownsInstance: boolean
  #opened = 0

  constructor(instance: DuckDBInstance, size: number, ownsInstance = true) {
    this.#instance = instance
    this.#size = size
    this.#ownsInstance = ownsInstance
  }

  /** Further connections to the same instance, which outlives them. */
  besides(size: number): DuckDbPool {
    return new DuckDbPool(this.#instance, size, false)
  }

  /** Rejects with the signal's reason when it aborts before a connection is free. */
  async acquire(signal: AbortSignal | undefined): Promise<PooledConnection> {
    signal?.throwIfAborted()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    return this.#opened < this.#size ? await this.#open() : await this.#wait(signal)
  }

  release(connection: PooledConnection): void {
    const [next] = this.#waiting
    if (next === undefined) this.#idle.push(connection)
    else next(connection)
  }

  async #open(): Promise<PooledConnection> {
    // Counted before it is there, so that many who ask at once do not open more than the pool's size.
    this.#opened += 1
    try {
      const opened = new PooledConnection(await this.#instance.connect())
      this.#all.push(opened)
      return opened
    } catch (error) {
      this.#opened -= 1
      throw error
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<PooledConnection> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(take)
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      const take = (connection: PooledConnection): void => {
        this.#waiting.delete(take)
        signal?.removeEventListener('abort', leave)
        resolve(connection)
      }
      this.#waiting.add(take)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  close(): void {
    for (const connection of this.#all) connection.close()
    this.#all.length = 0
    this.#idle.length = 0
    if (this.#ownsInstance) this.#instance.closeSync()
  }
}
