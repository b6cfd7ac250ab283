import { GatewayError } from '@polyseme/kit/errors'
import { Pool, types, type ClientConfig } from 'pg'
import { listenForNotifications } from './postgres-notifications.ts'
import { UniqueViolation, type RegistryDatabase, type RegistryTransaction, type SqlRow, type SqlValue } from './registry-database.ts'

const CHANNEL = 'polyseme_registry'
const POLL_INTERVAL_MS = 2_000
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 10_000
/** A key that is taken or missing; serialization failure, deadlock: a server with a stricter isolation, or another program's locks. */
const LOST_TO_ANOTHER: ReadonlySet<unknown> = new Set(['23505', '23503', '40001', '40P01'])
/** Any number that nothing else on the database takes a lock on: "poly" in ASCII. */
const WRITER_LOCK = 0x70_6f_6c_79

/** The shared registry of several gateways; they hear of each other by LISTEN/NOTIFY and, should that connection be lost, by polling. */
export class PostgresRegistryDatabase implements RegistryDatabase {
  readonly #pool: Pool
  readonly #config: ClientConfig
  readonly #pollMs: number
  readonly #closing = new AbortController()

  /** @param options `pollMs`: how often to look when no notification comes; default 2,000 */
  constructor(connectionString: string, options: { readonly pollMs?: number } = {}) {
    this.#pollMs = options.pollMs ?? POLL_INTERVAL_MS
    this.#config = { connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, statement_timeout: STATEMENT_TIMEOUT_MS }
    this.#pool = new Pool({
      ...this.#config,
      max: 4,
      // int8 arrives as text; sequences and versions stay far below 2^53.
      types: { getTypeParser: (oid, format) => oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format) },
    })
    // A connection that breaks, idle or held, is replaced by the pool; the next statement tells if the server is really gone.
    this.#pool.on('error', () => undefined)
    this.#pool.on('connect', (client) => client.on('error', () => undefined))
  }

  async all(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return await query(this.#pool, sql, parameters)
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    await query(this.#pool, sql, parameters)
  }

  async transaction<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => { throw translate(error) })
    const transaction: RegistryTransaction = {
      all: (sql, parameters = []) => query(client, sql, parameters),
      run: async (sql, parameters = []) => { await query(client, sql, parameters) },
    }
    let broken = false
    try {
      // One writer at a time, as SQLite's BEGIN IMMEDIATE has it: READ COMMITTED reads, after the lock, all that the last one wrote,
      // so of two processes that migrate or publish at once the second finds the work of the first and not a torn half.
      await query(client, 'BEGIN ISOLATION LEVEL READ COMMITTED', [])
      await query(client, 'SELECT pg_advisory_xact_lock(?)', [WRITER_LOCK])
      const result = await work(transaction)
      await query(client, 'COMMIT', [])
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(() => { broken = true })
      throw error
    } finally {
      client.release(broken)
    }
  }

  async notify(transaction: RegistryTransaction, sequence: number): Promise<void> {
    await transaction.all('SELECT pg_notify(?, ?)', [CHANNEL, String(sequence)])
  }

  async listen(onMaybeChanged: () => void, signal: AbortSignal): Promise<void> {
    const timer = setInterval(onMaybeChanged, this.#pollMs)
    timer.unref()
    const ends = AbortSignal.any([signal, this.#closing.signal])
    ends.addEventListener('abort', () => clearInterval(timer), { once: true })
    await listenForNotifications({ config: this.#config, channel: CHANNEL, onNotice: onMaybeChanged, signal: ends })
  }

  async verifyStructure(): Promise<void> {
    await this.all('SELECT 1 AS alive')
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#pool.end()
  }
}

interface Queryable {
  query: (text: string, values: SqlValue[]) => Promise<{ rows: unknown[] }>
}

async function query(client: Queryable, sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
  let index = 0
  // The registry's own statements hold no literal question mark.
  const text = sql.replace(/\?/g, () => `$${++index}`)
  try {
    return (await client.query(text, [...parameters])).rows as SqlRow[]
  } catch (error) {
    throw translate(error)
  }
}

function translate(error: unknown): Error {
  const code = (error as { code?: unknown }).code
  if (LOST_TO_ANOTHER.has(code)) return new UniqueViolation('a concurrent transaction won')
  return new GatewayError('REGISTRY_UNAVAILABLE', 'the registry database cannot be used', { cause: error })
}
