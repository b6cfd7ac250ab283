import type { DataProfile } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative, resolve } from 'node:path'
import type { CommandIo } from './command.ts'

/** Which part of a PostgreSQL database is meant. */
export interface ProfileDataOptions {
  /** Default `public`. */
  readonly schema?: string
  /** Default: all. */
  readonly tables?: readonly string[]
}

/** Looks at files of one folder, or at a PostgreSQL schema: what a contract is drafted from. @throws COMMAND_INVALID · CONFIG_INVALID */
export async function profileData(sources: readonly string[], options: ProfileDataOptions, io: CommandIo): Promise<DataProfile> {
  const { profileFiles, profilePostgres } = await import('@polyseme/kit/source')
  const [first = ''] = sources
  if (isDatabaseAddress(first)) {
    if (sources.length > 1) throw new GatewayError('COMMAND_INVALID', 'one database at a time; --table chooses tables')
    const { tables, schema = 'public' } = options
    return await profilePostgres(first, { schema, signal: io.signal, ...(tables === undefined ? {} : { tables }) })
  }
  const paths = await findDataFiles(sources, io.cwd)
  const [path = ''] = paths
  return await profileFiles(paths, { signal: io.signal, shownDirectory: relative(io.cwd, join(path, '..')) })
}

export function isDatabaseAddress(source: string): boolean {
  return /^postgres(?:ql)?:/.test(source)
}

const DATA_FILE = /\.(?:parquet|csv|json|jsonl|ndjson)$/i

/** The files that are named, and those in folders that are named; absolute. @throws CONFIG_INVALID */
export async function findDataFiles(sources: readonly string[], cwd: string): Promise<readonly string[]> {
  return (await Promise.all(sources.map((source) => dataFilesAt(resolve(cwd, source), source)))).flat()
}

async function dataFilesAt(path: string, written: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new GatewayError('CONFIG_INVALID', `there is no file ${written}`)
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => DATA_FILE.test(name)).toSorted()
  const [first] = names
  if (first === undefined) throw new GatewayError('CONFIG_INVALID', `the folder ${written} has no data file`)
  const others = names.filter((name) => extname(name) !== extname(first))
  if (others.length > 0)
    throw new GatewayError(
      'CONFIG_INVALID',
      `the folder ${written} has files of several formats (${basename(first)}, ${others[0]}); name those of one`,
    )
  return names.map((name) => join(path, name))
}
