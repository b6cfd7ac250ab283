import { GatewayError } from '@polyseme/kit/errors'
import { Pool, types, type PoolClient } from 'pg'
import { UniqueViolation, type RegistryDatabase, type RegistryTransaction, type SqlRow, type SqlValue } from './registry-database.ts'

const CHANNEL = 'polyseme_registry'
const POLL_INTERVAL_MS = 2_000
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 10_000
const UNIQUE_VIOLATION = '23505'
const SERIALIZATION_FAILURE = '40001'

/** The shared registry of several gateways; they hear of each other by LISTEN/NOTIFY and, should that connection be lost, by polling. */
export class PostgresRegistryDatabase implements RegistryDatabase {
  readonly #pool: Pool

  constructor(connectionString: string) {
    this.#pool = new Pool({
      connectionString,
      max: 4,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // int8 arrives as text; sequences and versions stay far below 2^53.
      types: { getTypeParser: (oid, format) => oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format) },
    })
    // An idle connection that breaks is replaced by the pool; the next statement tells if the server is really gone.
    this.#pool.on('error', () => undefined)
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
      await query(client, 'BEGIN ISOLATION LEVEL SERIALIZABLE', [])
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
    let listener: PoolClient | undefined
    const subscribe = async (): Promise<void> => {
      const client = await this.#pool.connect()
      client.on('notification', onMaybeChanged)
      client.on('error', () => { listener = undefined; client.release(true) })
      await client.query(`LISTEN ${CHANNEL}`)
      listener = client
    }
    await subscribe().catch(() => undefined)
    const timer = setInterval(() => {
      if (listener === undefined) subscribe().catch(() => undefined)
      onMaybeChanged()
    }, POLL_INTERVAL_MS)
    timer.unref()
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      listener?.release(true)
    }, { once: true })
  }

  async verifyStructure(): Promise<void> {
    await this.all('SELECT 1 AS alive')
  }

  async close(): Promise<void> {
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
  if (code === UNIQUE_VIOLATION || code === SERIALIZATION_FAILURE) return new UniqueViolation('a concurrent transaction won')
  return new GatewayError('REGISTRY_UNAVAILABLE', 'the registry database cannot be used', { cause: error })
}
