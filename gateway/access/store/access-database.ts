import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import { GatewayError } from '@polyseme/kit/errors'

export type AccessRow = Record<string, SQLOutputValue>

export interface AccessDatabaseOptions {
  /** SQLite file, shared by the gateways and commands of one machine; made when it is missing. */
  readonly file: string
  /** How long a change of another process may go unseen. Default 250. */
  readonly lookEveryMs?: number
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

const BUSY_TIMEOUT_MS = 2_000

/**
 * Agreements, personal tokens and revocations in one SQLite file. Every write is on the disk when it returns, and seen
 * by other processes within `lookEveryMs`.
 */
export class AccessDatabase implements Disposable {
  readonly clock: () => number
  readonly #database: DatabaseSync
  readonly #lookEveryMs: number
  #lookedAtMs = -Infinity
  #foreignVersion: SQLOutputValue = null
  #version = 0

  /** @throws DATA_DIR_CORRUPT the file is no such database */
  constructor({ file, lookEveryMs = 250, clock = Date.now }: AccessDatabaseOptions) {
    this.clock = clock
    this.#lookEveryMs = lookEveryMs
    try {
      if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      this.#database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
      this.#database.exec(SCHEMA)
    } catch (error) {
      throw new GatewayError('DATA_DIR_CORRUPT', `${file} cannot be opened.`, { cause: error })
    }
  }

  /** Grows with every change, also of another process; costs microseconds, so it may be asked for each request. */
  version(): number {
    const nowMs = this.clock()
    if (nowMs - this.#lookedAtMs >= this.#lookEveryMs || nowMs < this.#lookedAtMs) {
      this.#lookedAtMs = nowMs
      const seen = this.#database.prepare('PRAGMA data_version').get()?.['data_version'] ?? null
      if (seen !== this.#foreignVersion) this.#version += 1
      this.#foreignVersion = seen
    }
    return this.#version
  }

  all(sql: string, ...parameters: readonly SQLInputValue[]): readonly AccessRow[] {
    return this.#database.prepare(sql).all(...parameters)
  }

  /** Runs statements that belong together; all of them hold, or none. */
  change<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      this.#version += 1
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  run(sql: string, ...parameters: readonly SQLInputValue[]): void {
    this.#database.prepare(sql).run(...parameters)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS products (product TEXT PRIMARY KEY, owners TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS agreements (
    id TEXT PRIMARY KEY, product TEXT NOT NULL, issuer TEXT, consumer TEXT NOT NULL, people TEXT NOT NULL, purpose TEXT NOT NULL,
    use_case TEXT NOT NULL, until TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS agreement_steps (
    agreement TEXT NOT NULL REFERENCES agreements (id), step INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
    at TEXT NOT NULL, reason TEXT, PRIMARY KEY (agreement, step)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS personal_tokens (
    id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, name TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, client TEXT,
    scopes TEXT NOT NULL, roles TEXT NOT NULL, claims TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    revoked_at TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS owner_rights (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, client TEXT NOT NULL, roles TEXT NOT NULL, claims TEXT NOT NULL, expires_sec REAL NOT NULL,
    PRIMARY KEY (issuer, subject, client)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS revocations (
    kind TEXT NOT NULL, issuer TEXT NOT NULL, id TEXT NOT NULL, before_sec REAL, actor TEXT NOT NULL, at TEXT NOT NULL, reason TEXT,
    PRIMARY KEY (kind, issuer, id)
  ) STRICT;
`
