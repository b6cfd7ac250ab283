import { DuckDBInstance } from '@duckdb/node-api'
import { statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import type { DataProfile } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { assertCsvHeader } from './csv-header.ts'
import { quoteText } from './sql-statement.ts'
import { profileTables, type ProfiledTable, type ProfileEngine } from './profile-tables.ts'

type Format = 'parquet' | 'csv' | 'json'

const FORMAT_OF_EXTENSION: Readonly<Record<string, Format>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
}

export interface ProfileFilesOptions {
  /** Aborts the statement that runs. */
  readonly signal?: AbortSignal
  /** As the files were named, for the contract; default: as in `paths`. */
  readonly shownDirectory?: string
}

/**
 * Counts what is in files of one folder and one format (Parquet, CSV, JSON), one table each.
 *
 * @throws CONFIG_INVALID a file is not there, is of another format or folder than the first, or can't be read.
 */
export async function profileFiles(paths: readonly string[], options: ProfileFilesOptions = {}): Promise<DataProfile> {
  const [first = ''] = paths
  const extension = extname(first)
  const format = formatOf(first)
  for (const path of paths) assertAlike(path, first)
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', autoinstall_known_extensions: 'false', memory_limit: '2GB' })
  const connection = await instance.connect()
  const interrupt = (): void => connection.interrupt()
  options.signal?.addEventListener('abort', interrupt, { once: true })
  const engine: ProfileEngine = {
    query: async (text) => (await connection.runAndReadAll(text)).getRowsJS(),
    asText: (expression) => `CAST(${expression} AS VARCHAR)`,
    matches: (text, pattern) => `regexp_full_match(${text}, ${quoteText(pattern)})`,
    sample: (relation, percent) => `SELECT * FROM ${relation} USING SAMPLE ${percent} PERCENT (bernoulli, 1)`,
  }
  try {
    const tables: ProfiledTable[] = []
    for (const path of paths) tables.push(await describeFile(path, format, engine))
    const directory = options.shownDirectory ?? dirname(first)
    return { server: { kind: 'files', format, path: join(directory, `{object}${extension}`) }, tables: await profileTables(tables, engine) }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof GatewayError) throw error
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new GatewayError('CONFIG_INVALID', `the data can't be read: ${line}`, { cause: error })
  } finally {
    options.signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
    instance.closeSync()
  }
}

/** @throws CONFIG_INVALID the extension is none of a data file. */
export function formatOf(path: string): Format {
  const format = FORMAT_OF_EXTENSION[extname(path).toLowerCase()]
  if (format === undefined)
    throw new GatewayError('CONFIG_INVALID', `${path} is no data file; ${Object.keys(FORMAT_OF_EXTENSION).join(', ')} are read`)
  return format
}

function assertAlike(path: string, first: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw new GatewayError('CONFIG_INVALID', `there is no file ${path}`)
  if (dirname(path) === dirname(first) && extname(path) === extname(first)) return
  throw new GatewayError('CONFIG_INVALID', `${path} and ${first} are not in one folder and of one format; draft a contract for each`)
}

async function describeFile(path: string, format: Format, engine: ProfileEngine): Promise<ProfiledTable> {
  if (format === 'csv') await assertCsvHeader(path, engine)
  else if (statSync(path).size === 0) throw new GatewayError('CONFIG_INVALID', `${basename(path)} is empty`)
  const relation = relationOf(path, format)
  const rows = await engine.query(`DESCRIBE SELECT * FROM ${relation}`)
  const columns = rows.map(([name, type]) => ({ name: String(name), databaseType: String(type), untyped: format === 'csv' }))
  return { table: { name: basename(path, extname(path)) }, relation, columns }
}

/** As `DuckDbSource` reads them: CSV as text, so that the identifier 00123 keeps its zeros. */
function relationOf(path: string, format: Format): string {
  switch (format) {
    case 'parquet':
      return `read_parquet(${quoteText(path)})`
    case 'csv':
      return `read_csv(${quoteText(path)}, header = true, all_varchar = true)`
    case 'json':
      return `read_json(${quoteText(path)})`
  }
}
