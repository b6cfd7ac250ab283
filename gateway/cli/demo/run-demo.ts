import { GatewayError } from '@polyseme/kit/errors'
import { loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureConsole } from '../../console/index.ts'
import { ACCESS_TOKEN_AUDIENCE, CONSOLE_CLIENT_ID, DEVELOPMENT_SCOPES, ISSUER_ALGORITHM, startIssuer, type RunningIssuer } from '../../issuer/index.ts'
import type { GatewayConfig, HttpListener } from '../../main.ts'
import type { CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { makeFolder } from '../make-folder.ts'
import { removeRunFile, writeRunFile } from '../run-file.ts'
import { untilStopped } from '../until-stopped.ts'
import { announcement } from './announce.ts'
import { lockDataDir } from './demo-lock.ts'
import { DomainProcess } from './domain-process.ts'
import { preferPort } from './prefer-port.ts'
import { prepareDemoData, type Progress } from './prepare-data.ts'

export interface DemoOptions {
  readonly port: number
  /** Absolute. */
  readonly dataDir: string
  readonly quiet: boolean
}

const DOMAINS = ['sales', 'marketing', 'billing', 'support'] as const

/** The checkout's own contracts and lexicon. */
const MESH_DIR = resolve(import.meta.dirname, '../../../subgraphs')

/**
 * Runs the whole mesh on this machine until it is told to stop: data, issuer, four domains in processes of their own,
 * gateway, console. Whatever was started is stopped again, also when a later part cannot start.
 */
export async function runDemo({ port, dataDir, quiet }: DemoOptions, io: CommandIo): Promise<void> {
  const progress: Progress = quiet ? () => undefined : io.out
  if (io.env['NODE_ENV'] === 'production') throw new GatewayError('CONFIG_INVALID', 'the demo lets anyone sign in as anyone and does not start with NODE_ENV=production; `polyseme serve --config mesh.yaml` serves a real mesh')
  await using stack = new AsyncDisposableStack()
  await makeDataDir(dataDir)
  stack.use(await lockDataDir(dataDir))
  // Everything that can fail fast comes before what takes long.
  const { createLog, listen, startGateway } = await import('../../main.ts')
  const log = createLog(io.err)
  const listener = await listen({ host: '127.0.0.1', port, log })
  stack.defer(async () => await listener.close(0))
  const console = ensureConsole(() => progress('building the console (once)')).catch((error: unknown) => progress(`${String(error)}; the graph works without it`))
  await Promise.all([prepareDemoData(dataDir, progress, io.signal), loadOrCreateSigningKey(join(dataDir, 'keys'))])
  io.signal.throwIfAborted()
  const issuer = await startDemoIssuer(listener, dataDir)
  stack.defer(issuer.close)
  const domains = await startDomains(stack, { dataDir, firstPort: listener.port + 2, onEnd: (domain) => reportEnd(domain, io) })
  await console
  const gateway = await startGateway(demoConfig(listener, issuer, dataDir, domains), { log, listener })
  stack.defer(gateway.close)
  await writeRunFile(dataDir, {
    pid: process.pid,
    gatewayUrl: gateway.url,
    issuerUrl: issuer.url,
    domains: domains.map((domain) => ({ name: domain.name, url: domain.url, port: domain.port, pid: domain.pid, restart: domain.restartCommand(io.cwd) })),
  })
  stack.defer(async () => await removeRunFile(dataDir))
  const dataDirOption = dataDir === resolve(io.cwd, DEFAULT_DATA_DIR) ? '' : ` --data-dir ${dataDir}`
  if (!quiet) for (const line of announcement({ gatewayUrl: gateway.url, issuerUrl: issuer.url, dataDir, dataDirOption, domains, cwd: io.cwd })) io.out(line)
  io.out(`ready ${gateway.url}`)
  await untilStopped(io.signal)
  progress('stopping')
}

/** A domain that ends by itself is worth a word; one that got the same interrupt from the terminal as we did is not. */
function reportEnd(domain: DomainProcess, io: CommandIo): void {
  setTimeout(() => {
    if (!io.signal.aborted) io.err(`the domain ${domain.name} has ended; start it again with: ${domain.restartCommand(io.cwd)}`)
  }, 200).unref()
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'is not a directory' : code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'may not be written' : code === 'ENOENT' ? 'lies where no folder can be made' : `cannot be made (${code ?? 'unknown'})`
    throw new GatewayError('CONFIG_INVALID', `the data directory ${dataDir} ${why}; name another with --data-dir`, { cause: error })
  }
}

/** The issuer's address is in every token, so it keeps its port over restarts when that is free. */
async function startDemoIssuer(listener: HttpListener, dataDir: string): Promise<RunningIssuer> {
  const options = { keysDir: join(dataDir, 'keys'), consoleOrigins: [listener.url, listener.url.replace('127.0.0.1', 'localhost')] }
  try {
    return await startIssuer({ ...options, port: listener.port + 1 })
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'PORT_IN_USE') return await startIssuer(options)
    throw error
  }
}

interface DomainsOptions {
  readonly dataDir: string
  /** Domains listen on this port and the next ones where those are free: the same addresses again are the same graph again. */
  readonly firstPort: number
  readonly onEnd: (domain: DomainProcess) => void
}

async function startDomains(stack: AsyncDisposableStack, { dataDir, firstPort, onEnd }: DomainsOptions): Promise<readonly DomainProcess[]> {
  if (!existsSync(MESH_DIR)) throw new GatewayError('CONFIG_INVALID', 'the demo needs a checkout of Polyseme, with its subgraphs/')
  const started = await Promise.allSettled(DOMAINS.map(async (name, index) => {
    const domain = await DomainProcess.start({ name, dir: join(MESH_DIR, name), dataDir, port: await preferPort(firstPort + index), onEnd })
    stack.defer(async () => await domain.stop())
    return domain
  }))
  return started.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

function demoConfig(listener: HttpListener, issuer: RunningIssuer, dataDir: string, domains: readonly DomainProcess[]): GatewayConfig {
  return {
    environment: 'development',
    host: '127.0.0.1',
    port: listener.port,
    dataDir,
    keysDir: join(dataDir, 'keys'),
    issuers: [{ issuer: issuer.url, audience: ACCESS_TOKEN_AUDIENCE, jwksUri: issuer.jwksUrl, algorithms: [ISSUER_ALGORITHM], claims: { further: { regions: 'regions' } } }],
    subgraphs: domains.map(({ name, url }) => ({ name, url, schema: { kind: 'contracts', dir: join(MESH_DIR, name) } })),
    lexiconDir: join(MESH_DIR, 'lexicon'),
    policiesDir: join(MESH_DIR, 'policies'),
    registry: { kind: 'sqlite', file: join(dataDir, 'registry.sqlite') },
    signIn: { issuer: issuer.url, clientId: CONSOLE_CLIENT_ID, scopes: DEVELOPMENT_SCOPES, development: true },
  }
}
