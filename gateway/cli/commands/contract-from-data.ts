import type { DataProfile } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { basename, extname, join, relative, resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'

/** Drafts a contract from data: its types, keys, value lists, relations, and what looks like personal data. */
export const contractFromDataCommand: Command = {
  name: 'contract from-data',
  summary: 'draft a data contract from files or a PostgreSQL schema',
  usage: `polyseme contract from-data FILE… | FOLDER | postgres://USER@HOST:PORT/DATABASE [options]

  FILE            Parquet, CSV (with header) or JSON; several of one folder and format become one contract
  --domain NAME   the domain that owns the data (default: draft)
  --name NAME     name of the data product (default: the table's, or the domain's)
  --schema NAME   PostgreSQL: the schema (default public)
  --table NAME    PostgreSQL: only this table or view; may stand several times
  --out FILE      write the contract there instead of printing it; an existing file is kept
  --json          print { contract, reviews } as JSON

  Places that need a person's eye say REVIEW. A password comes from PGPASSWORD or PGPASSFILE.`,
  options: {
    domain: { type: 'string', default: 'draft' },
    name: { type: 'string' },
    schema: { type: 'string', default: 'public' },
    table: { type: 'string', multiple: true },
    out: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async ({ options, positionals }, io) => {
    if (positionals.length === 0)
      throw new GatewayError('COMMAND_INVALID', '`polyseme contract from-data` needs a FILE or a postgres:// address')
    const [{ inferContract }, profile] = await Promise.all([import('@polyseme/kit/contract'), profileData(positionals, options, io)])
    const { name } = options
    const draft = inferContract(profile, { domain: String(options['domain']), ...(typeof name === 'string' ? { name } : {}) })
    const out = options['out']
    if (typeof out === 'string') await writeNew(resolve(io.cwd, out), draft.text)
    else if (options['json'] === true) io.out(JSON.stringify({ contract: draft.text, reviews: draft.reviews }, null, 2))
    else io.out(draft.text.trimEnd())
    if (options['json'] !== true) {
      const count = profile.tables.length
      const where = typeof out === 'string' ? ` in ${out}; then run \`polyseme contract check ${out}\`` : ''
      io.err(`${count} ${count === 1 ? 'table' : 'tables'}; look at ${draft.reviews} places that say REVIEW${where}`)
    }
    return 0
  },
}

type Options = Readonly<Record<string, unknown>>

async function profileData(sources: readonly string[], options: Options, io: CommandIo): Promise<DataProfile> {
  const { profileFiles, profilePostgres } = await import('@polyseme/kit/source')
  const [first = ''] = sources
  if (/^postgres(?:ql)?:/.test(first)) {
    if (sources.length > 1) throw new GatewayError('COMMAND_INVALID', 'one database at a time; --table chooses tables')
    const tables = options['table']
    return await profilePostgres(first, {
      schema: String(options['schema']),
      signal: io.signal,
      ...(Array.isArray(tables) ? { tables: tables.map(String) } : {}),
    })
  }
  const paths = (await Promise.all(sources.map((source) => findDataFiles(resolve(io.cwd, source), source)))).flat()
  const [path = ''] = paths
  return await profileFiles(paths, { signal: io.signal, shownDirectory: relative(io.cwd, join(path, '..')) })
}

const DATA_FILE = /\.(?:parquet|csv|json|jsonl|ndjson)$/i

async function findDataFiles(path: string, written: string): Promise<readonly string[]> {
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

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new GatewayError(
      'CONFIG_INVALID',
      exists ? `${path} is there already; remove it, or name another file` : `${path} can't be written`,
      { cause: error },
    )
  }
}
