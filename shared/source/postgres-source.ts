import { Client, DatabaseError, Pool, type ClientConfig, type PoolClient } from 'pg'
import Cursor from 'pg-cursor'
import type { DataProduct, ProductObject } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { chooseServer, type RunnableServer } from './choose-server.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { postgresRelation } from './postgres-relation.ts'
import { PostgresStatements } from './postgres-statements.ts'
import type { SourceEngine } from './source-engine.ts'
import type { QueryOptions, Source, SourceTable, SqlRow, StatementObserver } from './source.ts'
import { quoteIdentifier, type SqlStatement } from './sql-statement.ts'

export interface PostgresSourceOptions {
  readonly products: readonly DataProduct[]
  /** Takes the server of this environment where a contract names several. */
  readonly environment?: string
  /**
   * What the contract does not say: user, password, TLS. By default PostgreSQL's own variables (`PGUSER`, `PGPASSWORD`,
   * `PGPASSFILE`, `PGSSLMODE`).
   */
  readonly access?: Pick<ClientConfig, 'user' | 'password' | 'ssl'>
  /** Default 8. */
  readonly connections?: number
  /** After this the server itself ends a statement. Default 60,000. */
  readonly statementTimeoutMs?: number
  /** Statements that each connection keeps prepared, the longest unused dropped first. Default 256. */
  readonly preparedStatements?: number
  readonly onStatement?: StatementObserver
}

const CONNECT_TIMEOUT_MS = 5_000
const STREAM_BATCH_ROWS = 2_000
/** A connection is replaced after this time, so that one that the network forgot is not kept. */
const CONNECTION_LIFETIME_SEC = 600
const STATEMENTS_PREPARED = 256

/** A domain's data in PostgreSQL (or what speaks its protocol), read-only. */
export class PostgresSource implements Source {
  readonly dialect = postgresDialect
  readonly tables: ReadonlyMap<string, SourceTable>
  readonly #pool: Pool
  readonly #config: ClientConfig
  readonly #onStatement: StatementObserver | undefined
  readonly #statements: PostgresStatements

  private constructor(pool: Pool, config: ClientConfig, tables: ReadonlyMap<string, SourceTable>, onStatement: StatementObserver | undefined, statements: PostgresStatements) {
    this.#pool = pool
    this.#config = config
    this.tables = tables
    this.#onStatement = onStatement
    this.#statements = statements
  }

  /** @throws CONFIG_INVALID the server cannot be reached, or lacks a table or column of the contract. */
  static async open(options: PostgresSourceOptions): Promise<PostgresSource> {
    const config = readConfig(options)
    const pool = createPool(config, options.connections ?? 8)
    try {
      return new PostgresSource(pool, config, await readTables(pool, options), options.onStatement, new PostgresStatements(options.preparedStatements ?? STATEMENTS_PREPARED))
    } catch (error) {
      await pool.end()
      if (error instanceof GatewayError) throw error
      throw new GatewayError('CONFIG_INVALID', `the database ${config.database} cannot be opened: ${errorKind(error)}`, { cause: error })
    }
  }

  async query(statement: SqlStatement, options: QueryOptions = {}): Promise<readonly SqlRow[]> {
    let rows: readonly SqlRow[] | undefined
    const startedMs = performance.now()
    const client = await this.#connect()
    const giveBack = this.#cancelOn(options.signal, client)
    let isGone = false
    try {
      options.signal?.throwIfAborted()
      rows = (await this.#statements.run(client, statement)).rows
      return rows
    } catch (error) {
      isGone = endsConnection(error)
      throw asGatewayError(error, options.signal)
    } finally {
      giveBack(isGone)
      this.#report(statement, rows?.length, startedMs)
    }
  }

  async *stream(statement: SqlStatement, options: QueryOptions = {}): AsyncIterable<readonly SqlRow[]> {
    const startedMs = performance.now()
    const client = await this.#connect()
    const giveBack = this.#cancelOn(options.signal, client)
    const cursor = client.query(new Cursor<unknown[]>(statement.text, [...statement.values], { rowMode: 'array' }))
    // A cursor whose connection ends between two of its answers says nothing more.
    const lost = Promise.withResolvers<never>()
    lost.promise.catch(() => undefined)
    client.once('error', lost.reject)
    let rows = 0
    let isWhole = false
    try {
      for (;;) {
        options.signal?.throwIfAborted()
        const batch = await Promise.race([cursor.read(STREAM_BATCH_ROWS), lost.promise])
        if (batch.length === 0) break
        rows += batch.length
        yield batch
      }
      isWhole = true
    } catch (error) {
      throw asGatewayError(error, options.signal)
    } finally {
      await Promise.race([cursor.close(), lost.promise]).catch(() => undefined)
      client.off('error', lost.reject)
      giveBack()
      this.#report(statement, isWhole ? rows : undefined, startedMs)
    }
  }

  withOwnConnection(): Source {
    return new PostgresSource(createPool(this.#config, 1), this.#config, this.tables, this.#onStatement, this.#statements)
  }

  async ping(): Promise<void> {
    await this.query({ text: 'SELECT 1', values: [] })
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw asGatewayError(error, undefined)
    }
  }

  // The protocol's own cancel request: it needs a connection of its own, because this one is busy.
  #cancelOn(signal: AbortSignal | undefined, client: PoolClient): (isGone?: boolean) => void {
    let isCancelled = false
    const cancel = (): void => {
      isCancelled = true
      void this.#cancel(client)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    return (isGone = false) => {
      signal?.removeEventListener('abort', cancel)
      // A cancel request that comes late would stop the next statement of this connection, so the connection goes.
      client.release(isCancelled || isGone)
    }
  }

  async #cancel(client: PoolClient): Promise<void> {
    const { processID } = client as PoolClient & { readonly processID: number | null }
    const other = new Client(this.#config)
    other.on('error', () => undefined)
    try {
      await other.connect()
      await other.query('SELECT pg_cancel_backend($1)', [processID])
    } catch {
      // The server ends the statement after its own timeout.
    } finally {
      await other.end().catch(() => undefined)
    }
  }

  #report(statement: SqlStatement, rows: number | undefined, startedMs: number): void {
    this.#onStatement?.({ text: statement.text, rows: rows ?? 0, durationMs: performance.now() - startedMs, outcome: rows === undefined ? 'failed' : 'ok' })
  }
}

/** PostgreSQL and what speaks its protocol. */
export const postgresEngine: SourceEngine = {
  title: 'PostgreSQL',
  reads: (server) => server?.kind === 'postgres',
  open: (options) => PostgresSource.open(options),
}

function createPool(config: ClientConfig, connections: number): Pool {
  const pool = new Pool({ ...config, max: connections, maxLifetimeSeconds: CONNECTION_LIFETIME_SEC, allowExitOnIdle: true })
  // A connection that the server ends is replaced by the pool; without listeners, on idle ones and on those held, it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

function getServer(product: DataProduct, environment: string | undefined): Extract<RunnableServer, { kind: 'postgres' }> {
  const server = chooseServer(product, environment)
  if (server?.kind !== 'postgres') throw new GatewayError('CONFIG_INVALID', `${product.urn} is not read from PostgreSQL`)
  return server
}

function readConfig(options: PostgresSourceOptions): ClientConfig {
  const servers = options.products.map((product) => getServer(product, options.environment))
  const [first] = servers
  if (first === undefined) throw new GatewayError('CONFIG_INVALID', 'there is no product to open')
  const other = servers.find((server) => server.host !== first.host || server.port !== first.port || server.database !== first.database)
  if (other !== undefined) throw new GatewayError('CONFIG_INVALID', `the products of one domain lie in two databases: ${first.database} and ${other.database}`)
  const timeoutMs = options.statementTimeoutMs ?? 60_000
  return {
    host: first.host,
    port: first.port,
    database: first.database,
    ...options.access,
    application_name: 'polyseme',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: `-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c statement_timeout=${timeoutMs}`,
  }
}

async function readTables(pool: Pool, options: PostgresSourceOptions): Promise<ReadonlyMap<string, SourceTable>> {
  const tables = new Map<string, SourceTable>()
  for (const product of options.products) {
    const { schema } = getServer(product, options.environment)
    for (const object of product.objects) {
      const table = `${quoteIdentifier(schema)}.${quoteIdentifier(object.physicalName)}`
      tables.set(object.typeName, { object, ...postgresRelation(object, table, await readColumns(pool, product, object, table)) })
    }
  }
  return tables
}

async function readColumns(pool: Pool, product: DataProduct, object: ProductObject, table: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<[string, string]>({
    text: `SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    values: [table],
    rowMode: 'array',
  })
  if (rows.length === 0) throw new GatewayError('CONFIG_INVALID', `${product.urn}: the database has no table ${table}`)
  const natives = new Map(rows)
  const missing = object.properties.filter((property) => !natives.has(property.physicalName)).map((property) => property.physicalName)
  if (missing.length > 0) {
    throw new GatewayError('CONFIG_INVALID', `${product.urn}: the table ${table} has no column ${missing.join(', ')}; it has ${[...natives.keys()].join(', ')}`)
  }
  return natives
}

function asGatewayError(error: unknown, signal: AbortSignal | undefined): GatewayError {
  if (error instanceof GatewayError) return error
  const isCancelled = signal?.aborted === true || (error instanceof DatabaseError && error.code === '57014')
  if (isCancelled) return new GatewayError('DEADLINE_EXCEEDED', 'the statement was stopped', { cause: error })
  return new GatewayError('SOURCE_UNAVAILABLE', `the statement failed: ${errorKind(error)}`, { cause: error })
}

/** The server says that it closes the connection (57P01 and its like), which itself is seen a little later, or it is closed. */
function endsConnection(error: unknown): boolean {
  return error instanceof DatabaseError ? error.code?.startsWith('57P') === true : error instanceof Error
}

// The code alone: the rest may quote a row's value.
function errorKind(error: unknown): string {
  if (error instanceof DatabaseError) return `SQLSTATE ${error.code ?? 'unknown'}`
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown error'
}
