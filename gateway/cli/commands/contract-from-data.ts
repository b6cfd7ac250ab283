import { GatewayError } from '@polyseme/kit/errors'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command, CommandArguments } from '../command.ts'
import { profileData, type ProfileDataOptions } from '../profile-data.ts'

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
    const [{ inferContract }, profile] = await Promise.all([import('@polyseme/kit/contract'), profileData(positionals, postgresOptions(options), io)])
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

function postgresOptions(options: CommandArguments['options']): ProfileDataOptions {
  const tables = options['table']
  return { schema: String(options['schema']), ...(Array.isArray(tables) ? { tables: tables.map(String) } : {}) }
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
