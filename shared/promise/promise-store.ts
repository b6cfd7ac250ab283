import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ProductUrn } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { PromiseReader, PromiseResult, PromiseState, StoredResult } from './promise.ts'

const SCHEMA_VERSION = 2
/** Results of each promise that are kept: eight days of hourly ones. */
export const HISTORY_KEPT = 200
const LOCK_TIMEOUT_MS = 1_000

/**
 * The latest results of each promise of a domain, the last `HISTORY_KEPT` of each, in one SQLite file that several processes may share; a crash loses at
 * most the results of the run that it interrupted.
 */
export class PromiseStore implements PromiseReader, Disposable {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Opens `promises/<domain>.sqlite` of the data directory, made when it is not there. A file that is damaged is set
   * aside as `….damaged`: results can be measured again.
   *
   * @throws CONFIG_INVALID the data directory cannot be written.
   */
  static open(dataDir: string, domain: string): PromiseStore {
    const file = join(dataDir, 'promises', `${encodeURIComponent(domain)}.sqlite`)
    try {
      mkdirSync(dirname(file), { recursive: true })
      return new PromiseStore(openDatabase(file))
    } catch (error) {
      if (!isDamaged(error)) throw new GatewayError('CONFIG_INVALID', `the results of promises cannot be kept in ${dataDir}: ${errorKind(error)}`, { cause: error })
    }
    renameSync(file, `${file}.damaged`)
    for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
    return new PromiseStore(openDatabase(file))
  }

  /** A store that lasts as long as the process. */
  static inMemory(): PromiseStore {
    return new PromiseStore(openDatabase(':memory:'))
  }

  resultsOf(urn: ProductUrn): ReadonlyMap<string, StoredResult> {
    const rows = this.#database.prepare('SELECT id, fingerprint, state, measured, reason, measured_at, since FROM result WHERE urn = ?').all(urn)
    return new Map(rows.map((row) => [String(row['id']), { ...readResult(urn, row), sinceMs: Number(row['since']) }]))
  }

  historyOf({ urn, id, fingerprint }: Pick<PromiseResult, 'urn' | 'id' | 'fingerprint'>, limit: number): readonly PromiseResult[] {
    const statement = this.#database.prepare(`SELECT id, fingerprint, state, measured, reason, measured_at FROM history
      WHERE urn = ? AND id = ? AND fingerprint = ? ORDER BY measured_at DESC LIMIT ?`)
    return statement.all(urn, id, fingerprint, limit).map((row) => readResult(urn, row))
  }

  /** Keeps results, all or none; one that is older than the latest known is history only. */
  save(results: readonly PromiseResult[]): void {
    const statement = this.#database.prepare(`INSERT INTO result (urn, id, fingerprint, state, measured, reason, measured_at, since)
      VALUES ($urn, $id, $fingerprint, $state, $measured, $reason, $at, $at)
      ON CONFLICT (urn, id) DO UPDATE SET fingerprint = excluded.fingerprint, state = excluded.state, measured = excluded.measured,
        reason = excluded.reason, measured_at = excluded.measured_at,
        since = CASE WHEN result.state = excluded.state AND result.fingerprint = excluded.fingerprint THEN result.since ELSE excluded.since END
      WHERE excluded.measured_at >= result.measured_at`)
    const history = this.#database.prepare(`INSERT OR REPLACE INTO history (urn, id, fingerprint, state, measured, reason, measured_at)
      VALUES ($urn, $id, $fingerprint, $state, $measured, $reason, $at)`)
    const prune = this.#database.prepare(`DELETE FROM history WHERE urn = $urn AND id = $id AND measured_at <=
      (SELECT measured_at FROM history WHERE urn = $urn AND id = $id ORDER BY measured_at DESC LIMIT 1 OFFSET ${HISTORY_KEPT})`)
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const { urn, id, fingerprint, state, measured, reason, measuredAtMs } of results) {
        const row = { $urn: urn, $id: id, $fingerprint: fingerprint, $state: state, $measured: measured, $reason: reason ?? null, $at: measuredAtMs }
        statement.run(row)
        history.run(row)
        prune.run({ $urn: urn, $id: id })
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function readResult(urn: ProductUrn, row: Readonly<Record<string, unknown>>): PromiseResult {
  return {
    urn,
    id: String(row['id']),
    fingerprint: String(row['fingerprint']),
    state: String(row['state']) as PromiseState,
    measured: typeof row['measured'] === 'number' ? row['measured'] : null,
    ...(typeof row['reason'] === 'string' ? { reason: row['reason'] } : {}),
    measuredAtMs: Number(row['measured_at']),
  }
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = database.prepare('PRAGMA user_version').get()?.['user_version']
    // Another version's results are measured again rather than converted.
    if (version !== SCHEMA_VERSION) {
      database.exec(`BEGIN IMMEDIATE; DROP TABLE IF EXISTS result; DROP TABLE IF EXISTS history;
        CREATE TABLE result (urn TEXT, id TEXT, fingerprint TEXT NOT NULL, state TEXT NOT NULL, measured REAL, reason TEXT,
          measured_at INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (urn, id)) STRICT, WITHOUT ROWID;
        CREATE TABLE history (urn TEXT, id TEXT, measured_at INTEGER, fingerprint TEXT NOT NULL, state TEXT NOT NULL, measured REAL, reason TEXT,
          PRIMARY KEY (urn, id, measured_at)) STRICT, WITHOUT ROWID;
        PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(error.errcode & 0xff)
}

function errorKind(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
