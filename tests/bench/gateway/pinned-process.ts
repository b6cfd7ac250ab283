import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

/** A process of the bench, tied to one core. */
export class PinnedProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: string
  /** Lines before `ready`, by their first word. */
  readonly said: ReadonlyMap<string, string>

  private constructor(child: ChildProcess, url: string, said: ReadonlyMap<string, string>) {
    this.#child = child
    this.url = url
    this.said = said
  }

  /** Starts a program of this folder, or any command line, and waits for its line `ready <url>`. */
  static async start(core: number, command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<PinnedProcess> {
    const [program = '', ...args] = command
    const line = program.endsWith('.ts') ? [process.execPath, join(import.meta.dirname, program), ...args] : command
    const child = spawn('taskset', ['-c', String(core), ...line], {
      stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, APOLLO_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', ...env },
    })
    const said = new Map<string, string>()
    const url = await new Promise<string>((found, failed) => {
      child.once('error', failed)
      child.once('exit', (code) => failed(new Error(`${program} ended with ${code ?? 'a signal'}`)))
      if (child.stdout === null) throw new TypeError('started with a pipe')
      createInterface(child.stdout).on('line', (text) => {
        const [word = '', rest = ''] = text.split(' ')
        if (word === 'ready') found(rest)
        else said.set(word, rest)
      })
    })
    return new PinnedProcess(child, url, said)
  }

  /** Processor time so far, in ms, children not counted. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#child.pid ?? 0}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Resident memory now, in MB. */
  residentMb(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** Runs a program of this folder to its end and returns its last line of JSON. */
export async function runPinned(core: number, program: string, args: readonly string[]): Promise<unknown> {
  const child = spawn('taskset', ['-c', String(core), process.execPath, join(import.meta.dirname, program), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`)
  return JSON.parse(output) as unknown
}
