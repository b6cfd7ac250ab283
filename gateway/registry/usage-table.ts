import { meteredUsageOf, type DailyUsage, type MeteredUsage } from '../usage/index.ts'
import type { RegistryDatabase, SqlValue } from './registry-database.ts'

/**
 * Who used what, of all gateways of one registry: what a check asks about consumers must not depend on which of them it runs on.
 * Each gateway keeps its own counts and brings its days here; a day that is brought again replaces what it brought before.
 */
export class UsageTable {
  readonly #database: RegistryDatabase

  constructor(database: RegistryDatabase) {
    this.#database = database
  }

  /** The last call that this gateway brought, ISO 8601; undefined before the first. */
  async lastSeen(gateway: string): Promise<string | undefined> {
    const [row] = await this.#database.all('SELECT max(last_seen) AS seen FROM usage_day WHERE gateway = ?', [gateway])
    return row?.['seen'] === null || row?.['seen'] === undefined ? undefined : String(row['seen'])
  }

  /** Stores all of them or none; a few hundred at a time, since nobody can publish meanwhile. */
  async put(gateway: string, days: readonly DailyUsage[]): Promise<void> {
    if (days.length === 0) return
    const operations = new Map(days.map((one) => [one.hash, one]))
    await this.#database.transaction(async (transaction) => {
      await transaction.run(
        `INSERT INTO usage_operation (gateway, operation, name, coordinates) VALUES ${placesOf(operations.size, 4)}
         ON CONFLICT (gateway, operation) DO UPDATE SET name = excluded.name, coordinates = excluded.coordinates`,
        [...operations.values()].flatMap(({ hash, name, coordinates }): SqlValue[] => [gateway, hash, name, JSON.stringify([...coordinates])]),
      )
      await transaction.run(
        `INSERT INTO usage_day (gateway, day, consumer, operation, calls, failures, answered_rows, duration_ms, last_seen) VALUES ${placesOf(days.length, 9)}
         ON CONFLICT (gateway, day, consumer, operation) DO UPDATE SET calls = excluded.calls, failures = excluded.failures,
           answered_rows = excluded.answered_rows, duration_ms = excluded.duration_ms, last_seen = excluded.last_seen`,
        days.flatMap(({ day, consumer, hash, calls, failures, rows, durationMs, lastSeenAt }): SqlValue[] => [gateway, day, consumer, hash, calls, failures, rows, durationMs, lastSeenAt]),
      )
    })
  }

  /** What the other gateways brought since this day, for each of them apart. */
  async readOthers(gateway: string, sinceDay: string): Promise<readonly MeteredUsage[]> {
    const rows = await this.#database.all(
      `SELECT u.consumer, u.operation AS hash, o.name, o.coordinates, sum(u.calls) AS calls, sum(u.failures) AS failures, sum(u.answered_rows) AS rows,
              sum(u.duration_ms) AS duration, max(u.last_seen) AS seen
       FROM usage_day u JOIN usage_operation o ON o.gateway = u.gateway AND o.operation = u.operation
       WHERE u.gateway <> ? AND u.day >= ? GROUP BY u.gateway, u.consumer, u.operation, o.name, o.coordinates`,
      [gateway, sinceDay],
    )
    return rows.map(meteredUsageOf)
  }

  /** Forgets what is older than this day, of gateways that are long gone too. */
  async drop(beforeDay: string): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction.run('DELETE FROM usage_day WHERE day < ?', [beforeDay])
      await transaction.run('DELETE FROM usage_operation WHERE NOT EXISTS (SELECT 1 FROM usage_day u WHERE u.gateway = usage_operation.gateway AND u.operation = usage_operation.operation)')
    })
  }
}

function placesOf(rows: number, columns: number): string {
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`
  return Array.from({ length: rows }, () => row).join(', ')
}
