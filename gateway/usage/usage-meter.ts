import { GatewayError } from '@polyseme/kit/errors'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** One answered operation, for the count. */
export interface MeteredCall {
  /** OAuth client, or the subject where a token names none. */
  readonly consumer: string
  readonly operationHash: string
  /** Operation name, or the start of its text when it has none. */
  readonly operationName: string
  readonly coordinates: ReadonlySet<string>
  readonly rows: number
  readonly failed: boolean
  readonly durationMs: number
}

/** What one consumer did with one operation in a span of days. */
export interface MeteredUsage {
  readonly name: string
  readonly hash: string
  readonly consumer: string
  readonly coordinates: ReadonlySet<string>
  readonly calls: number
  readonly failures: number
  readonly rows: number
  readonly durationMs: number
  readonly lastSeenAt: string
}

/** What one consumer did with one operation on one day. */
export interface DailyUsage extends MeteredUsage {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string
}

export interface UsageMeterOptions {
  /** SQLite file; made when it is missing. */
  readonly file: string
  /** Default 5,000. */
  readonly flushMs?: number
  /** Days that are kept. Default 400. */
  readonly retentionDays?: number
  /** Different operations of one consumer in one day that are counted by themselves; the others are counted as one. Default 1,000. */
  readonly maxOperationsPerDay?: number
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
  /** Told when the counts could not be written; they are kept and tried again. */
  readonly report?: (error: unknown) => void
}

/** Name and hash of what is no longer counted by itself. */
export const OTHER_OPERATIONS = 'other operations'

/** Stands for consumers of whom there are too many at once to be counted by themselves. */
export const OTHER_CONSUMERS = 'other consumers'

const MAX_PENDING = 20_000
/** Written in one go: about 10 ms, so that no request waits longer for it. */
const CHUNK = 200
const DAY_MS = 86_400_000

interface Count {
  readonly day: string
  readonly call: MeteredCall
  coordinates: ReadonlySet<string>
  calls: number
  failures: number
  rows: number
  durationMs: number
  lastSeenAt: string
}

/**
 * Counts who uses what: in memory, written to SQLite every few seconds. Memory and file are bounded whatever callers
 * send. Counts since the last write are lost when the process is killed; what must not be lost is the audit log's.
 */
export class UsageMeter implements Disposable {
  /** Names this file among those of other gateways; made with it and kept in it. */
  readonly id: string
  readonly #options: Required<UsageMeterOptions>
  readonly #database: DatabaseSync
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Map<string, Count>()

  constructor(options: UsageMeterOptions) {
    this.#options = { flushMs: 5_000, retentionDays: 400, maxOperationsPerDay: 1_000, clock: Date.now, report: () => undefined, ...options }
    this.#database = openDatabase(options.file)
    this.#database.prepare('INSERT INTO identity (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING').run(randomUUID())
    this.id = String(this.#database.prepare('SELECT id FROM identity').get()?.['id'])
    this.#database.prepare('DELETE FROM usage WHERE day < ?').run(dayOf(this.#options.clock() - this.#options.retentionDays * DAY_MS))
    this.#database.exec('DELETE FROM operations WHERE hash NOT IN (SELECT operation FROM usage)')
    this.#timer = setInterval(() => this.#flushInChunks(), this.#options.flushMs)
    this.#timer.unref()
  }

  /** Counts a call; about a microsecond. */
  record(call: MeteredCall): void {
    const nowMs = this.#options.clock()
    const day = dayOf(nowMs)
    const counted = this.#pending.size < MAX_PENDING ? call : { ...call, consumer: OTHER_CONSUMERS, operationHash: OTHER_OPERATIONS, operationName: OTHER_OPERATIONS, coordinates: NOTHING }
    const key = JSON.stringify([day, counted.consumer, counted.operationHash])
    let count = this.#pending.get(key)
    if (count === undefined) {
      count = { day, call: counted, coordinates: counted.coordinates, calls: 0, failures: 0, rows: 0, durationMs: 0, lastSeenAt: '' }
      this.#pending.set(key, count)
    } else if (count.coordinates !== counted.coordinates && !counted.coordinates.isSubsetOf(count.coordinates)) {
      count.coordinates = count.coordinates.union(counted.coordinates)
    }
    count.calls += 1
    count.failures += call.failed ? 1 : 0
    count.rows += call.rows
    count.durationMs += call.durationMs
    count.lastSeenAt = new Date(nowMs).toISOString()
  }

  /** Writes everything that was counted, before it returns. */
  flush(): void {
    while (this.#pending.size > 0 && this.#writeChunk());
  }

  /** Who used what since this many days ago, today included; those with the most calls first. */
  readUsage(days: number): readonly MeteredUsage[] {
    this.flush()
    const since = dayOf(this.#options.clock() - (days - 1) * DAY_MS)
    const rows = this.#database
      .prepare(
        `SELECT u.consumer, u.operation AS hash, o.name, o.coordinates, sum(u.calls) AS calls, sum(u.failures) AS failures,
                sum(u.rows) AS rows, sum(u.duration_ms) AS duration, max(u.last_seen) AS seen
         FROM usage u JOIN operations o ON o.hash = u.operation WHERE u.day >= ? GROUP BY u.consumer, u.operation ORDER BY calls DESC, u.consumer, u.operation`,
      )
      .all(since)
    return rows.map(meteredUsageOf)
  }

  /**
   * The days' counts whose last call is not older than `since` (ISO 8601), whole days each, oldest call first and at most `limit` of them;
   * `after`: only those that come after this one.
   */
  readDays(since: string, limit: number, after?: DailyUsage): readonly DailyUsage[] {
    this.flush()
    const place = after === undefined ? [since, '', '', ''] : [after.lastSeenAt, after.day, after.consumer, after.hash]
    const rows = this.#database
      .prepare(
        `SELECT u.day, u.consumer, u.operation AS hash, o.name, o.coordinates, u.calls, u.failures, u.rows, u.duration_ms AS duration, u.last_seen AS seen
         FROM usage u JOIN operations o ON o.hash = u.operation
         WHERE (u.last_seen, u.day, u.consumer, u.operation) > (?, ?, ?, ?) ORDER BY u.last_seen, u.day, u.consumer, u.operation LIMIT ?`,
      )
      .all(...place, limit)
    return rows.map((row) => ({ ...meteredUsageOf(row), day: String(row['day']) }))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.flush()
    this.#pending.clear()
    this.#database.close()
  }

  #flushInChunks(): void {
    if (this.#pending.size > 0 && this.#writeChunk()) setImmediate(() => this.#flushInChunks())
  }

  /** Whether it could be written; what could not stays and is tried again at the next interval. */
  #writeChunk(): boolean {
    const chunk = [...this.#pending.entries().take(CHUNK)]
    try {
      this.#write(chunk.map(([, count]) => count))
    } catch (error) {
      this.#options.report(error)
      return false
    }
    for (const [key] of chunk) this.#pending.delete(key)
    return true
  }

  #write(counts: Iterable<Count>): void {
    const addOperation = this.#database.prepare('INSERT INTO operations (hash, name, coordinates) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET coordinates = excluded.coordinates')
    const knownCoordinates = this.#database.prepare('SELECT coordinates FROM operations WHERE hash = ?')
    const countOperations = this.#database.prepare('SELECT count(*) AS n, sum(operation = ?) AS known FROM usage WHERE day = ? AND consumer = ?')
    const addUsage = this.#database.prepare(
      `INSERT INTO usage (day, consumer, operation, calls, failures, rows, duration_ms, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (day, consumer, operation) DO UPDATE SET calls = calls + excluded.calls, failures = failures + excluded.failures,
         rows = rows + excluded.rows, duration_ms = duration_ms + excluded.duration_ms, last_seen = max(last_seen, excluded.last_seen)`,
    )
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const { day, call, coordinates, calls, failures, rows, durationMs, lastSeenAt } of counts) {
        const { n, known } = countOperations.get(call.operationHash, day, call.consumer) ?? {}
        const full = Number(n) >= this.#options.maxOperationsPerDay && Number(known ?? 0) === 0
        const operation = full ? OTHER_OPERATIONS : call.operationHash
        const stored = operation === OTHER_OPERATIONS ? undefined : knownCoordinates.get(operation)?.['coordinates']
        const all = full ? NOTHING : stored === undefined ? coordinates : coordinates.union(new Set(JSON.parse(String(stored)) as string[]))
        addOperation.run(operation, full ? OTHER_OPERATIONS : call.operationName, JSON.stringify([...all].sort()))
        addUsage.run(day, call.consumer, operation, calls, failures, rows, durationMs, lastSeenAt)
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

const NOTHING: ReadonlySet<string> = new Set()

/** Use as a database gives it back: name, hash, consumer, coordinates as JSON, calls, failures, rows, duration, seen. */
export function meteredUsageOf(row: Readonly<Record<string, unknown>>): MeteredUsage {
  return {
    name: String(row['name']),
    hash: String(row['hash']),
    consumer: String(row['consumer']),
    coordinates: new Set(JSON.parse(String(row['coordinates'])) as string[]),
    calls: Number(row['calls']),
    failures: Number(row['failures']),
    rows: Number(row['rows']),
    durationMs: Number(row['duration']),
    lastSeenAt: String(row['seen']),
  }
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true })
  try {
    const database = new DatabaseSync(file, { timeout: 2_000 })
    database.exec(SCHEMA)
    return database
  } catch (error) {
    throw new GatewayError('DATA_DIR_CORRUPT', `${file} cannot be opened; remove it, and usage is counted anew`, { cause: error })
  }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS identity (one INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS operations (hash TEXT PRIMARY KEY, name TEXT NOT NULL, coordinates TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, consumer TEXT NOT NULL, operation TEXT NOT NULL, calls INTEGER NOT NULL, failures INTEGER NOT NULL,
    rows INTEGER NOT NULL, duration_ms REAL NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (day, consumer, operation)
  ) STRICT, WITHOUT ROWID;
`

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
