import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { makeDemoData, type DemoDataSummary } from '@polyseme/demo-data'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Demo data in a temporary directory, with a database in which every Parquet file is a view of its path's name. */
export interface DemoFixture extends AsyncDisposable {
  readonly dataDir: string
  readonly summary: DemoDataSummary
  readonly connection: DuckDBConnection
  rows(sql: string): Promise<readonly Record<string, unknown>[]>
  /** The only value of the only row. */
  value(sql: string): Promise<unknown>
}

/** Views are named `sales.customers`, `gold.entities`, `gold."sales-customer--billing-customer"`. */
export async function makeDemoFixture(options: { readonly scale: number; readonly seed?: number; readonly asOf?: Date }): Promise<DemoFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-demo-'))
  const summary = await makeDemoData({ dataDir, ...options })
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const path of Object.keys(summary.files).filter((file) => file.endsWith('.parquet'))) {
    const [name = '', folder = ''] = path.replace('.parquet', '').split('/').toReversed()
    await connection.run(`CREATE SCHEMA IF NOT EXISTS "${folder}"`)
    await connection.run(`CREATE VIEW "${folder}"."${name}" AS FROM '${join(dataDir, path)}'`)
  }
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await connection.runAndReadAll(sql)).getRowObjectsJson()
  return {
    dataDir,
    summary,
    connection,
    rows,
    value: async (sql) => Object.values((await rows(sql))[0] ?? {})[0],
    [Symbol.asyncDispose]: async () => {
      connection.closeSync()
      instance.closeSync()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
