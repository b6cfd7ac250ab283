import { GatewayError } from '@polyseme/kit/errors'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'

/** A domain says that it is ready within this time, or the demo does not start. */
const START_TIMEOUT_MS = 60_000

/** A domain that was told to stop and has not after this time is killed. */
const STOP_TIMEOUT_MS = 5_000

export interface DomainOptions {
  readonly name: string
  /** Folder of its contracts. */
  readonly dir: string
  readonly dataDir: string
  /** 0: any free port. */
  readonly port: number
  /** Called when it ends without having been told to. */
  readonly onEnd: (domain: DomainProcess) => void
}

/** A domain's subgraph in a process of its own, as each domain of a real mesh has one. */
export class DomainProcess {
  readonly name: string
  readonly url: string
  readonly #options: DomainOptions
  readonly #child: ChildProcess
  #stopping = false

  private constructor(options: DomainOptions, child: ChildProcess, url: string) {
    this.name = options.name
    this.url = url
    this.#options = options
    this.#child = child
    child.on('exit', () => {
      if (!this.#stopping) options.onEnd(this)
    })
  }

  /**
   * Starts a domain and waits until it says that it is ready.
   *
   * The IPC channel carries no message: it closes when this process ends, however it ends, and then the domain ends too.
   *
   * @throws SOURCE_UNAVAILABLE with the last words of a domain that could not start
   */
  static async start(options: DomainOptions): Promise<DomainProcess> {
    const child = spawn(process.execPath, [LAUNCHER, ...serveArguments(options, options.port)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, APOLLO_TELEMETRY_DISABLED: '1' },
    })
    try {
      return new DomainProcess(options, child, await untilReady(options.name, child))
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** What a person types to start this domain again where the gateway looks for it. */
  restartCommand(cwd: string): string {
    const words = serveArguments({ ...this.#options, dir: shorter(this.#options.dir, cwd), dataDir: shorter(this.#options.dataDir, cwd) }, this.port)
    return ['npx polyseme', ...words].join(' ')
  }

  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await ended
    clearTimeout(timer)
  }
}

const LAUNCHER = join(import.meta.dirname, '../polyseme.mjs')

function serveArguments({ dir, dataDir }: Pick<DomainOptions, 'dir' | 'dataDir'>, port: number): readonly string[] {
  return ['subgraph', 'serve', dir, '--data-dir', dataDir, '--port', String(port)]
}

async function untilReady(name: string, child: ChildProcess): Promise<string> {
  const words: string[] = []
  if (child.stdout === null || child.stderr === null) throw new TypeError('a domain is started with pipes')
  createInterface(child.stderr).on('line', (line) => {
    words.push(line)
    if (words.length > 20) words.shift()
  })
  const output = createInterface(child.stdout)
  return await new Promise<string>((resolve, reject) => {
    const failed = (what: string): void => reject(new GatewayError('SOURCE_UNAVAILABLE', `the domain ${name} ${what}${words.length === 0 ? '' : `: ${words.find((line) => line.startsWith('error ')) ?? words.at(-1) ?? ''}`}`))
    const timer = setTimeout(() => failed(`was not ready after ${START_TIMEOUT_MS / 1_000} s`), START_TIMEOUT_MS)
    output.on('line', (line) => {
      const url = /^ready (http:\S+)$/.exec(line)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(`${url}/graphql`)
    })
    // `close` comes after the last line of output; `exit` may come before.
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      failed(`ended at start (${signal ?? `exit code ${code ?? 'unknown'}`})`)
    })
  })
}

function shorter(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short.startsWith('..') ? path : short
}
