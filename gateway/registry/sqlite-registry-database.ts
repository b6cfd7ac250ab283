import { existsSync, mkdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '@polyseme/kit/errors'
import { UniqueViolation, type RegistryDatabase, type RegistryTransaction, type SqlRow, type SqlValue } from './registry-database.ts'

const POLL_INTERVAL_MS = 200
const LOCK_DEADLINE_MS = 5_000
const LOCK_RETRY_MS = 5
const OPEN_TIMEOUT_MS = 1_000
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
const SQLITE_CONSTRAINT = 19

/**
 * The embedded registry: one SQLite file beside the gateway, shared by the processes of one machine.
 *
 * Write-ahead log with `synchronous=FULL`: a transaction is on the disk before it is acknowledged.
 */
export class SqliteRegistryDatabase implements RegistryDatabase {
  readonly #database: DatabaseSync
  /** Its name without the folder: what is said of it may reach a client. */
  readonly #name: string
  // One connection has one transaction at a time; those that come meanwhile wait their turn.
  #turn: Promise<unknown> = Promise.resolve()
  readonly #listeners = new Set<() => void>()

  /** @throws REGISTRY_UNAVAILABLE when the file cannot be opened, REGISTRY_CORRUPT when it is not a database */
  constructor(file: string) {
    this.#name = basename(file)
    makeFolder(dirname(file), this.#name)
    try {
      this.#database = new DatabaseSync(file)
      this.#database.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;`)
      // From here on a lock is waited for without blocking the thread, see #begin.
      this.#database.exec('PRAGMA busy_timeout = 0')
    } catch (error) {
      throw translate(error, this.#name)
    }
  }

  async all(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    try {
      return this.#database.prepare(sql).all(...(parameters as readonly SQLInputValue[])) as unknown as readonly SqlRow[]
    } catch (error) {
      throw translate(error, this.#name)
    }
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    await this.all(sql, parameters)
  }

  transaction<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => this.#transact(work))
    this.#turn = done.catch(() => undefined)
    return done
  }

  async notify(): Promise<void> {
    // Others see the changed data_version of the file when they next look; this process hears of its own commit after it.
  }

  async listen(onMaybeChanged: () => void, signal: AbortSignal): Promise<void> {
    let seen = this.#dataVersion()
    const timer = setInterval(() => {
      const version = this.#dataVersion()
      if (version === seen) return
      seen = version
      onMaybeChanged()
    }, POLL_INTERVAL_MS)
    timer.unref()
    this.#listeners.add(onMaybeChanged)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      this.#listeners.delete(onMaybeChanged)
    }, { once: true })
  }

  async verifyStructure(): Promise<void> {
    const rows = await this.all('PRAGMA integrity_check(1)')
    const [verdict] = Object.values(rows[0] ?? {})
    if (verdict !== 'ok') throw new GatewayError('REGISTRY_CORRUPT', `the registry file ${this.#name} is damaged`)
  }

  async close(): Promise<void> {
    await this.#turn
    if (this.#database.isOpen) this.#database.close()
  }

  async #transact<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    await this.#begin()
    try {
      const result = await work(this)
      await this.run('COMMIT')
      // data_version does not change for what this connection wrote itself.
      for (const listener of this.#listeners) listener()
      return result
    } catch (error) {
      if (this.#database.isTransaction) await this.run('ROLLBACK')
      throw error
    }
  }

  /** Takes the write lock; another process that holds it is waited for. @throws REGISTRY_UNAVAILABLE after the deadline */
  async #begin(): Promise<void> {
    const deadline = performance.now() + LOCK_DEADLINE_MS
    for (;;) {
      try {
        this.#database.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw translate(error, this.#name)
        await delay(LOCK_RETRY_MS * (1 + Math.random()))
      }
    }
  }

  #dataVersion(): SqlValue {
    if (!this.#database.isOpen) return null
    return (this.#database.prepare('PRAGMA data_version').get() as unknown as { data_version: number }).data_version
  }
}

/**
 * Makes a folder and those that it lies in. Node's own `recursive` tries for ever where a folder that exists takes no other, as below /proc.
 *
 * @throws REGISTRY_UNAVAILABLE
 */
function makeFolder(folder: string, name: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent, name)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process that opens the same registry may have made it meanwhile.
    if (existsSync(folder)) return
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new GatewayError('REGISTRY_UNAVAILABLE', `the folder of the registry file ${name} does not exist and cannot be made (${code})`, { cause: error })
  }
}

/** SQLite's primary result code; the extended ones keep it in their low byte. */
function resultCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY
}

function translate(error: unknown, name: string): Error {
  switch (resultCode(error)) {
    case SQLITE_CONSTRAINT: return new UniqueViolation('a row with this key exists')
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return new GatewayError('REGISTRY_CORRUPT', `the registry file ${name} is damaged`, { cause: error })
    case SQLITE_BUSY:
    case SQLITE_FULL: return new GatewayError('REGISTRY_UNAVAILABLE', `the registry file ${name} cannot be written`, { cause: error })
    default: return new GatewayError('REGISTRY_UNAVAILABLE', `the registry file ${name} cannot be used`, { cause: error })
  }
}
