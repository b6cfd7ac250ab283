import { GatewayError } from '@polyseme/kit/errors'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { RegistryConfig } from '../../main.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { loadConfig } from '../load-config.ts'
import { unwritable } from '../output-target.ts'

const OPTIONS = { config: { type: 'string' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR }, json: { type: 'boolean' } } as const
const USAGE = `  FILE            lines of JSON, the same for SQLite and PostgreSQL
  --config FILE   the mesh whose registry is meant (default: the demo's, in --data-dir)
  --data-dir DIR  default ${DEFAULT_DATA_DIR}
  --json          one JSON document instead of text`

/** Writes the registry's whole history into a file, while gateways go on using it. */
export const registryBackupCommand: Command = {
  name: 'registry backup',
  summary: 'write the registry\'s history into a file',
  usage: `polyseme registry backup FILE [--config mesh.yaml] [--json]\n\n${USAGE}`,
  maxPositionals: 1,
  options: OPTIONS,
  run: async (args, io) => {
    const file = fileOf(args, io, 'backup')
    if (await stat(file).then(() => true, () => false)) throw new GatewayError('CONFIG_INVALID', `${file} is there already; name another file`)
    const registry = await registryOf(args, io)
    if (registry === undefined) return 1
    // Opening one that is not there would make an empty one, and a backup of nothing.
    if (registry.kind === 'sqlite' && !(await isFile(registry.file))) throw new GatewayError('CONFIG_INVALID', `there is no registry ${registry.file}; say with --config or --data-dir which is meant`)
    const { backupRegistry, openStore } = await import('../../registry/index.ts')
    const partial = `${file}.partial`
    const handle = await open(partial, 'w', 0o600).catch((error: unknown) => {
      throw unwritable(file, error)
    })
    const store = await openStore(registry).catch(async (error: unknown) => {
      await handle.close()
      await rm(partial, { force: true })
      throw error
    })
    let lines = 0
    try {
      for await (const line of backupRegistry(store)) {
        await handle.write(`${line}\n`)
        lines += 1
      }
      await handle.sync()
    } catch (error) {
      await rm(partial, { force: true })
      throw isSystemError(error) ? unwritable(file, error) : error
    } finally {
      await handle.close()
      await store.close()
    }
    await rename(partial, file)
    const records = lines - 2
    io.out(args.options['json'] === true ? JSON.stringify({ file, records }) : `${records} records`)
    return 0
  },
}

/** Reads a backup into a registry that is empty. */
export const registryRestoreCommand: Command = {
  name: 'registry restore',
  summary: 'read a backup into an empty registry',
  usage: `polyseme registry restore FILE [--config mesh.yaml] [--json]\n\n${USAGE}\n\n  All of it or nothing is restored, and everything is verified.`,
  maxPositionals: 1,
  options: OPTIONS,
  run: async (args, io) => {
    const file = fileOf(args, io, 'restore')
    if (!(await isFile(file))) throw new GatewayError('CONFIG_INVALID', `there is no file ${file}`)
    const registry = await registryOf(args, io)
    if (registry === undefined) return 1
    const { openStore, restoreRegistry } = await import('../../registry/index.ts')
    const store = await openStore(registry)
    try {
      const { deployments, versions } = await restoreRegistry(store, createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity }))
      io.out(args.options['json'] === true ? JSON.stringify({ steps: deployments, versions }) : `restored and verified: ${deployments} steps, ${versions} versions`)
    } finally {
      await store.close()
    }
    return 0
  },
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false)
}

/** Of the operating system, such as a disk that is full. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function fileOf({ positionals: [file] }: CommandArguments, { cwd }: CommandIo, name: string): string {
  if (file === undefined) throw new GatewayError('COMMAND_INVALID', `\`polyseme registry ${name}\` needs a FILE`)
  return resolve(cwd, file)
}

async function registryOf({ options }: CommandArguments, io: CommandIo): Promise<RegistryConfig | undefined> {
  const { config } = options
  if (typeof config !== 'string') return { kind: 'sqlite', file: join(resolve(io.cwd, String(options['data-dir'])), 'registry.sqlite') }
  const mesh = await loadConfig(config, io)
  if (mesh !== undefined && mesh.registry === undefined) throw new GatewayError('CONFIG_INVALID', `${config} names no registry`)
  return mesh?.registry
}
