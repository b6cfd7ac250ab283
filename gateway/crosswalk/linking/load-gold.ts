import { DuckDBInstance } from '@duckdb/node-api'
import { GatewayError } from '@polyseme/kit/errors'
import type { GoldLink } from './evaluate-links.ts'

/**
 * True links from a file (Parquet, CSV, TSV): the first two columns are the keys of the two sides, with or without
 * `<sense>:` before them.
 *
 * @throws CONFIG_INVALID when the file cannot be read.
 */
export async function loadGold(path: string): Promise<readonly GoldLink[]> {
  const quoted = `'${path.replaceAll("'", "''")}'`
  const source = path.endsWith('.parquet') ? `read_parquet(${quoted})` : `read_csv(${quoted}, all_varchar = true, comment = '#')`
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    const rows = (await connection.runAndReadAll(`SELECT * FROM ${source}`)).getRowsJson()
    connection.closeSync()
    return rows.map(([from, to]) => ({ from: keyOf(from), to: keyOf(to) }))
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', `the true links cannot be read from ${path}`, { cause: error })
  } finally {
    instance.closeSync()
  }
}

function keyOf(cell: unknown): string {
  const text = typeof cell === 'string' || typeof cell === 'number' ? String(cell) : ''
  return text.slice(text.indexOf(':') + 1)
}
