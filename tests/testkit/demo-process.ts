import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { RunFile } from '../../gateway/cli/run-file.ts'
import { findOrMakeDemoData } from './demo-data-cache.ts'

const POLYSEME = join(import.meta.dirname, '../../gateway/cli/polyseme.mjs')

/** What a command of `polyseme` said and how it ended. */
export interface CommandOutcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A running `polyseme demo`. */
export interface DemoProcess {
  /** `http://127.0.0.1:41234`, from the ready line. */
  readonly url: string
  readonly dataDir: string
  readonly child: ChildProcess
  /** Lines of output, ready line last. */
  readonly lines: readonly string[]
  /** Processor time of the demo and its domains so far, seconds. Linux only. */
  readonly cpuSec: () => Promise<number>
  readonly run: RunFile
  /** As `polyseme token` says it, which is asked once for each persona. */
  readonly token: (persona: string) => Promise<string>
  /** Ends it with a signal, SIGTERM by default, and waits until it has. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<CommandOutcome>
}

/** A data directory with small demo data of its own, which the test may change. */
export async function makeDataDir(): Promise<{ readonly dataDir: string; readonly remove: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-demo-'))
  await cp(await findOrMakeDemoData(0.05), dataDir, { recursive: true })
  return { dataDir, remove: async () => await rm(dataDir, { recursive: true, force: true }) }
}

/** Runs a command of `polyseme` to its end. */
export async function runPolyseme(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandOutcome> {
  const child = spawnPolyseme(args, env)
  if (child.stdout === null || child.stderr === null) throw new TypeError('pipes')
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, signal, out, err }
}

/** Starts `polyseme demo` on a free port and waits for its ready line. */
export async function startDemo(dataDir: string, args: readonly string[] = []): Promise<DemoProcess> {
  const child = spawnPolyseme(['demo', '--port', '0', '--data-dir', dataDir, ...args])
  if (child.stdout === null || child.stderr === null) throw new TypeError('pipes')
  const lines: string[] = []
  const said: string[] = []
  createInterface(child.stderr).on('line', (line) => said.push(line))
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const output = createInterface(child.stdout)
  const url = await new Promise<string>((resolve, reject) => {
    output.on('line', (line) => {
      lines.push(line)
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length))
    })
    child.once('close', () => reject(new Error(`the demo ended before it was ready: ${said.join('\n')}`)))
  })
  const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as RunFile
  const tokens = new Map<string, Promise<CommandOutcome>>()
  const askToken = (persona: string): Promise<CommandOutcome> => {
    const asked = runPolyseme(['token', '--as', persona, '--data-dir', dataDir])
    tokens.set(persona, asked)
    return asked
  }
  return {
    url, dataDir, child, run,
    lines: [...lines],
    cpuSec: async () => (await Promise.all([run.pid, ...run.domains.map(({ pid }) => pid)].map(cpuSecOf))).reduce((sum, sec) => sum + sec, 0),
    token: async (persona) => (await (tokens.get(persona) ?? askToken(persona))).out.trim(),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const [code, endSignal] = await ended
      return { code, signal: endSignal, out: lines.join('\n'), err: said.join('\n') }
    },
  }
}

/** User and system time, that of ended children included (proc(5): fields 14 to 17, in hundredths of a second). */
async function cpuSecOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

function spawnPolyseme(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { NODE_ENV: _testing, ...inherited } = process.env
  // The channel ends with this process, however it ends, and `polyseme` with the channel: a test run that is killed leaves nothing.
  const child = spawn(process.execPath, [POLYSEME, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...inherited, ...env } })
  child.channel?.unref()
  return child
}
