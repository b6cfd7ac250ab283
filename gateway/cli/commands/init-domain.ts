import { GatewayError } from '@polyseme/kit/errors'
import { constants } from 'node:fs'
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import type { DraftedFile } from '../init/domain-folder.ts'
import { findDataFiles, isDatabaseAddress, profileData } from '../profile-data.ts'
import { findRunningDemo } from '../run-file.ts'

const DOMAIN_NAME = /^[a-z][a-z0-9-]{0,62}$/

/** Makes a domain's folder from data: it serves, checks and publishes at once. */
export const initDomainCommand: Command = {
  name: 'init domain',
  summary: 'make a domain\'s folder from its data',
  usage: `polyseme init domain NAME --from FILE… | FOLDER | postgres://USER@HOST:PORT/DATABASE [options]

  NAME             lower-case letters, digits and hyphens
  --from SOURCE    Parquet, CSV (with header) or JSON files, which are copied into the data directory; or a database, which is read in place
  --owner WHO      e-mail address or user name of who answers for the product (default: you)
  --product NAME   name of the data product (default: the table's, or the domain's)
  --schema NAME    PostgreSQL: the schema (default public)
  --dir DIR        the folder to make (default NAME)
  --data-dir DIR   where the domain's data are (default ${DEFAULT_DATA_DIR})

  Nothing that exists is replaced. Then: polyseme subgraph serve NAME, and polyseme publish NAME.`,
  maxPositionals: 1,
  options: {
    from: { type: 'string', multiple: true },
    owner: { type: 'string' },
    product: { type: 'string' },
    schema: { type: 'string', default: 'public' },
    dir: { type: 'string' },
    'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
  },
  run: async ({ options, positionals: [domain] }, io) => {
    const from = options['from']
    if (domain === undefined || !Array.isArray(from)) throw new GatewayError('COMMAND_INVALID', '`polyseme init domain` needs a NAME and --from')
    if (!DOMAIN_NAME.test(domain)) throw new GatewayError('COMMAND_INVALID', `"${domain}" is no name of a domain; use lower-case letters, digits and hyphens`)
    const { isReservedDomain } = await import('../../registry/index.ts')
    if (isReservedDomain(domain)) throw new GatewayError('COMMAND_INVALID', `the domain name "${domain}" is reserved: it is the gateway's own; choose another`)
    const dir = resolve(io.cwd, typeof options['dir'] === 'string' ? options['dir'] : domain)
    if (await exists(dir)) throw new GatewayError('CONFIG_INVALID', `${relative(io.cwd, dir)} is there already; remove it, or name another with --dir`)
    const sources = from.map(String)
    const dataDir = resolve(io.cwd, String(options['data-dir']))
    const profile = await profileData(sources, { schema: String(options['schema']) }, io)
    const [{ inferContract }, { draftDomainFolder }] = await Promise.all([import('@polyseme/kit/contract'), import('../init/domain-folder.ts')])
    // The path in the contract counts from the data directory, where every process of the domain finds it, wherever it runs.
    const placed = profile.server.kind === 'files' ? { ...profile, server: { ...profile.server, path: join('data', domain, basename(profile.server.path)) } } : profile
    const name = typeof options['product'] === 'string' ? options['product'] : profile.tables.length === 1 ? (profile.tables[0]?.name ?? domain) : domain
    const product = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || domain
    const owner = typeof options['owner'] === 'string' ? options['owner'] : userInfo().username
    const files = draftDomainFolder({ domain, product, owner, contract: inferContract(placed, { domain, name: product }) })
    const copied = isDatabaseAddress(sources[0] ?? '') ? [] : await copyData(await findDataFiles(sources, io.cwd), join(dataDir, 'data', domain))
    await writeFolder(dir, files)
    for (const { path } of files) io.out(`made ${join(relative(io.cwd, dir), path)}`)
    for (const path of copied) io.out(`copied the data to ${relative(io.cwd, path)}`)
    for (const line of nextCommands({ dir, domain, dataDir, hasDemo: await findRunningDemo(dataDir) !== undefined }, io)) io.out(line)
    return 0
  },
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false)
}

/** A copy that shares its blocks with the original where the file system can. @throws CONFIG_INVALID when one is there already */
async function copyData(paths: readonly string[], folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  return await Promise.all(paths.map(async (path) => {
    const target = join(folder, basename(path))
    // Data that lie where the contract looks for them need no copy.
    if (target === path) return target
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch((error: unknown) => {
      throw new GatewayError('CONFIG_INVALID', `${target} cannot be written; perhaps it is there already`, { cause: error })
    })
    return target
  }))
}

async function writeFolder(dir: string, files: readonly DraftedFile[]): Promise<void> {
  for (const { path, text } of files) {
    const file = join(dir, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}

/** As they can be typed here, by who made the folder. */
function nextCommands({ dir, domain, dataDir, hasDemo }: { readonly dir: string; readonly domain: string; readonly dataDir: string; readonly hasDemo: boolean }, { cwd, env }: CommandIo): readonly string[] {
  const polyseme = env['npm_command'] === 'exec' ? 'npx polyseme' : 'polyseme'
  const folder = shellWord(relative(cwd, dir))
  const data = dataDir === resolve(cwd, DEFAULT_DATA_DIR) ? '' : ` --data-dir ${shellWord(relative(cwd, dataDir) || '.')}`
  const missing = [...(env['POLYSEME_REGISTRY'] === undefined ? ['POLYSEME_REGISTRY=http://127.0.0.1:4000'] : []), ...(env['POLYSEME_TOKEN'] === undefined ? ['POLYSEME_TOKEN=…'] : [])]
  return [
    'next:',
    `  ${polyseme} subgraph serve ${folder} --port 4105${data}`,
    ...(hasDemo || missing.length === 0 ? [] : [`  export ${missing.join(' ')}   # your gateway, and a token that has the scope ${domain}:publish`]),
    `  ${polyseme} publish ${folder} --url http://127.0.0.1:4105/graphql --message "${domain} joins the graph"${hasDemo ? ` --as steward${data}` : ''}`,
  ]
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
