import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { readDockerfile, withDefaults, type ComposeService } from './compose-file.ts'

/** What stands for the machine that containers would see. */
export interface Host {
  /** Folder that stands for `/app`. */
  readonly app: string
  /** By volume: the folder that stands for it. */
  readonly volumes: Readonly<Record<string, string>>
  /** Replaces names and ports of containers by loopback and free ports. */
  readonly translate: (text: string) => string
}

/** A container's process. */
export interface RunningService {
  readonly name: string
  readonly child: ChildProcess
  readonly said: readonly string[]
  /** What `docker stop` does; the exit code. */
  readonly stop: () => Promise<number | null>
}

const HEALTHY_WITHIN_MS = 120_000

/** A free port for each port that containers use, and the text in which they stand for them. */
export async function makeTranslation(services: readonly string[], ports: readonly number[]): Promise<{ readonly translate: (text: string) => string; readonly portOf: (port: number) => number }> {
  const free = new Map<number, number>()
  for (const port of ports) free.set(port, await freePort())
  const portOf = (port: number): number => free.get(port) ?? port
  const address = new RegExp(`\\b(${services.join('|')}|localhost|127\\.0\\.0\\.1):(\\d+)`, 'g')
  return {
    portOf,
    translate: (text) => text
      .replace(address, (_, host: string, port: string) => `${host === 'localhost' ? host : '127.0.0.1'}:${portOf(Number(port))}`)
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replace(/^\d{4}$/, (port) => String(portOf(Number(port)))),
  }
}

/** Starts the image's command for a service with the image's and the service's environment, in the image's working directory. */
export function startService(name: string, service: ComposeService, host: Host): RunningService {
  const final = readDockerfile().get('polyseme') ?? []
  const entrypoint = JSON.parse(final.find((instruction) => instruction.name === 'ENTRYPOINT')?.text ?? '[]') as string[]
  const [, ...words] = [...entrypoint, ...(service.command ?? [])]
  const env: Record<string, string> = { PATH: process.env['PATH'] ?? '' }
  for (const pair of final.filter((instruction) => instruction.name === 'ENV').flatMap(({ text }) => text.split(' '))) {
    const [key = '', value = ''] = pair.split('=')
    env[key] = value
  }
  for (const [key, value] of Object.entries(service.environment ?? {})) env[key] = host.translate(withDefaults(value))
  const child = spawn(process.execPath, words.map((word) => translatePath(host.translate(word), service, host)), { cwd: host.app, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  // A test run that is killed closes the channel, and the service ends with it.
  child.channel?.unref()
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  return {
    name, child, said,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
      return child.exitCode
    },
  }
}

/** A path below a mount becomes a path below what stands for the volume. */
export function translatePath(text: string, { volumes = [] }: ComposeService, host: Host): string {
  for (const mount of volumes) {
    const [volume = '', path = ''] = mount.split(':')
    if (text === path || text.startsWith(`${path}/`)) return `${host.volumes[volume] ?? ''}${text.slice(path.length)}`
  }
  return text
}

/** Runs the service's health check, as Compose does, until it passes. */
export async function untilHealthy({ name, child, said }: RunningService, service: ComposeService, host: Host): Promise<void> {
  const [, , ...words] = service.healthcheck?.test ?? []
  const deadline = Date.now() + HEALTHY_WITHIN_MS
  for (;;) {
    const check = spawn(process.execPath, words.map((word) => host.translate(word)), { cwd: host.app, stdio: 'ignore' })
    const [code] = await once(check, 'exit') as [number | null]
    if (code === 0) return
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} is not healthy: ${said.join('')}`)
    await delay(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
