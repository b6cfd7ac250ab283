import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { availableParallelism } from 'node:os'
import type { DataProduct, ProductObject } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { ColumnType } from './dialect.ts'
import { duckDbDialect } from './duckdb-dialect.ts'
import { chooseDecimalTypes } from './duckdb-decimals.ts'
import { findPatternFolder, locateObject, type DuckDbLocation } from './duckdb-files.ts'
import { DuckDbPool, type PooledConnection } from './duckdb-pool.ts'
import { createRelation, rawRelation, selectList } from './duckdb-relation.ts'
import type { SourceEngine } from './source-engine.ts'
import type { QueryOptions, Source, SourceTable, SqlRow, StatementObserver } from './source.ts'
import { quoteIdentifier, quoteText, type SqlStatement } from './sql-statement.ts'

export interface DuckDbSourceOptions {
  readonly products: readonly DataProduct[]
  /** Root of every server path; nothing outside it can be read once the source is open. */
  readonly dataDir: string
  readonly environment?: string
  /** Threads of the engine; default: the machine's, at most 4. */
  readonly threads?: number
  /** Statements that run at the same time; further ones wait. Default 4. */
  readonly connections?: number
  /** Memory of the engine, for example `2GB`; default: the engine's own, 80 % of the machine. */
  readonly memoryLimit?: string
  readonly onStatement?: StatementObserver
}

/** A domain's data in files (Parquet, CSV, JSON) or DuckDB databases, read through one in-memory DuckDB that writes nothing. */
export class DuckDbSource implements Source {
  readonly dialect = duckDbDialect
  readonly tables: ReadonlyMap<string, SourceTable>
  readonly #pool: DuckDbPool
  readonly #onStatement: StatementObserver | undefined
  #closed = false
  #running = 0
  #whenIdle: (() => void) | undefined

  private constructor(pool: DuckDbPool, tables: ReadonlyMap<string, SourceTable>, onStatement: StatementObserver | undefined) {
    this.#pool = pool
    this.tables = tables
    this.#onStatement = onStatement
  }

  /** @throws CONFIG_INVALID data is missing, unreadable, or lacks a column of the contract. */
  static async open(options: DuckDbSourceOptions): Promise<DuckDbSource> {
    const threads = options.threads ?? Math.min(4, availableParallelism())
    const settings: Record<string, string> = { threads: String(threads), autoinstall_known_extensions: 'false', preserve_insertion_order: 'true' }
    if (options.memoryLimit !== undefined) settings['memory_limit'] = options.memoryLimit
    const instance = await DuckDBInstance.create(':memory:', settings)
    try {
      const connection = await instance.connect()
      const { tables, locations } = await createTables(connection, options)
      await lockDown(connection, locations)
      connection.closeSync()
      return new DuckDbSource(new DuckDbPool(instance, options.connections ?? 4), tables, options.onStatement)
    } catch (error) {
      instance.closeSync()
      if (error instanceof GatewayError) throw error
      throw new GatewayError('CONFIG_INVALID', `the data cannot be opened: ${firstLine(error)}`, { cause: error })
    }
  }

  async query(statement: SqlStatement, options: QueryOptions = {}): Promise<readonly SqlRow[]> {
    return this.#run(statement, options, async (connection) => {
      const prepared = await connection.bind(statement)
      options.signal?.throwIfAborted()
      const reader = await prepared.runAndReadAll()
      return reader.getRowsJS()
    })
  }

  async *stream(statement: SqlStatement, options: QueryOptions = {}): AsyncIterable<readonly SqlRow[]> {
    const connection = await this.#acquire(options.signal)
    const startedMs = performance.now()
    const release = interruptOn(options.signal, connection)
    let rows = 0
    let outcome: 'ok' | 'failed' = 'failed'
    try {
      const prepared = await connection.bind(statement)
      options.signal?.throwIfAborted()
      const result = await prepared.stream()
      for await (const batch of result.yieldRowsJs()) {
        rows += batch.length
        yield batch
      }
      outcome = 'ok'
    } catch (error) {
      throw asGatewayError(error, options.signal)
    } finally {
      release()
      this.#release(connection)
      this.#onStatement?.({ text: statement.text, rows, durationMs: performance.now() - startedMs, outcome })
    }
  }

  withOwnConnection(): Source {
    return new DuckDbSource(this.#pool.besides(1), this.tables, this.#onStatement)
  }

  async ping(): Promise<void> {
    await this.query({ text: 'SELECT 1', values: [] })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    this.#pool.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(
    statement: SqlStatement,
    options: QueryOptions,
    work: (connection: PooledConnection) => Promise<readonly SqlRow[]>,
  ): Promise<readonly SqlRow[]> {
    const connection = await this.#acquire(options.signal)
    const startedMs = performance.now()
    const release = interruptOn(options.signal, connection)
    let rows: readonly SqlRow[] | undefined
    try {
      options.signal?.throwIfAborted()
      rows = await work(connection)
      return rows
    } catch (error) {
      throw asGatewayError(error, options.signal)
    } finally {
      release()
      this.#release(connection)
      this.#onStatement?.({
        text: statement.text,
        rows: rows?.length ?? 0,
        durationMs: performance.now() - startedMs,
        outcome: rows === undefined ? 'failed' : 'ok',
      })
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<PooledConnection> {
    if (this.#closed) throw new GatewayError('SOURCE_UNAVAILABLE', 'the source is closed')
    this.#running += 1
    try {
      return await this.#pool.acquire(signal)
    } catch (error) {
      this.#settle()
      throw asGatewayError(error, signal)
    }
  }

  #release(connection: PooledConnection): void {
    this.#pool.release(connection)
    this.#settle()
  }

  #settle(): void {
    this.#running -= 1
    if (this.#running === 0) this.#whenIdle?.()
  }
}

/** Parquet, CSV and JSON files, and DuckDB's own; also what a contract without a server means. */
export const duckDbEngine: SourceEngine = {
  title: 'files and DuckDB databases',
  reads: (server) => server === undefined || server.kind === 'duckdb' || server.kind === 'duckdb-files',
  open: (options) => DuckDbSource.open(options),
}

const INTERRUPT_AGAIN_MS = 50

function interruptOn(signal: AbortSignal | undefined, connection: PooledConnection): () => void {
  if (signal === undefined) return () => undefined
  let repeated: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    connection.connection.interrupt()
    // The engine forgets an interrupt that comes before the statement began to run.
    repeated ??= setInterval(() => connection.connection.interrupt(), INTERRUPT_AGAIN_MS)
  }
  signal.addEventListener('abort', interrupt, { once: true })
  return () => {
    signal.removeEventListener('abort', interrupt)
    clearInterval(repeated)
  }
}

function asGatewayError(error: unknown, signal: AbortSignal | undefined): GatewayError {
  if (error instanceof GatewayError) return error
  if (signal?.aborted === true) return new GatewayError('DEADLINE_EXCEEDED', 'the statement was stopped', { cause: error })
  return new GatewayError('SOURCE_UNAVAILABLE', `the statement failed: ${errorKind(error)}`, { cause: error })
}

// `Conversion Error`, without what follows it: the rest may quote a row's value.
function errorKind(error: unknown): string {
  return /^[A-Za-z ]{1,40}Error/.exec(firstLine(error))?.[0] ?? 'unknown error'
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
}

interface CreatedTables {
  readonly tables: ReadonlyMap<string, SourceTable>
  readonly locations: readonly DuckDbLocation[]
}

async function createTables(connection: DuckDBConnection, options: DuckDbSourceOptions): Promise<CreatedTables> {
  const tables = new Map<string, SourceTable>()
  const locations: DuckDbLocation[] = []
  const databases = new Map<string, string>()
  for (const product of options.products) {
    for (const object of product.objects) {
      const location = locateObject(product, object, options)
      const database = await attach(connection, location, databases)
      locations.push(location)
      tables.set(object.typeName, await createTable(connection, product, object, { location, database }))
    }
  }
  return { tables, locations }
}

async function attach(connection: DuckDBConnection, location: DuckDbLocation, databases: Map<string, string>): Promise<string> {
  if (location.kind !== 'database') return ''
  const known = databases.get(location.path)
  if (known !== undefined) return known
  const name = `db${databases.size}`
  await connection.run(`ATTACH ${quoteText(location.path)} AS ${name} (READ_ONLY)`)
  databases.set(location.path, name)
  return name
}

async function createTable(
  connection: DuckDBConnection,
  product: DataProduct,
  object: ProductObject,
  place: { readonly location: DuckDbLocation; readonly database: string },
): Promise<SourceTable> {
  const from = rawRelation(place.location, object, place.database)
  const raw = await describe(connection, `SELECT * FROM ${from}`)
  const missing = object.properties.filter((property) => !raw.has(property.physicalName))
  if (missing.length > 0) {
    const names = missing.map((property) => property.physicalName).join(', ')
    throw new GatewayError('CONFIG_INVALID', `${product.urn}: the data of ${object.name} has no column ${names}; it has ${[...raw.keys()].join(', ')}`)
  }
  const decimals = await chooseDecimalTypes(connection, { product, object, from, natives: raw })
  await connection.run(createRelation(object, place.location, from, selectList(object, raw, decimals)))
  // With its schema, so that a query of a contract cannot take the name for a definition of its own.
  const relation = `main.${quoteIdentifier(object.typeName)}`
  const natives = await describe(connection, `SELECT * FROM ${relation}`)
  const columns = new Map<string, ColumnType>()
  for (const property of object.properties) {
    columns.set(property.name, { type: property.type, list: property.list, native: natives.get(property.physicalName) ?? 'VARCHAR' })
  }
  return { object, relation, columns }
}

async function describe(connection: DuckDBConnection, query: string): Promise<Map<string, string>> {
  const reader = await connection.runAndReadAll(`DESCRIBE ${query}`)
  return new Map(reader.getRowsJS().map((row) => [textOf(row[0]), textOf(row[1])]))
}

function textOf(cell: unknown): string {
  if (typeof cell !== 'string') throw new TypeError('DESCRIBE gives names and types as text')
  return cell
}

// After this a statement can read the contracts' own files and nothing else (the data directory holds keys as well), and
// no statement can undo it.
async function lockDown(connection: DuckDBConnection, locations: readonly DuckDbLocation[]): Promise<void> {
  const paths = locations.flatMap((location) => (location.kind === 'files' ? [location.path] : []))
  const folders = paths.flatMap((path) => findPatternFolder(path) ?? [])
  const files = paths.filter((path) => findPatternFolder(path) === undefined)
  await connection.run("SET GLOBAL TimeZone = 'UTC'")
  await connection.run(`SET allowed_directories = [${folders.map(quoteText).join(', ')}]`)
  await connection.run(`SET allowed_paths = [${files.map(quoteText).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}
