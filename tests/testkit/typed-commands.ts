import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface CommandOutcome {
  readonly code: number | null
  readonly output: string
}

/** `polyseme` as somebody types it in a folder, each command a process of its own. */
export class TypedCommands implements AsyncDisposable {
  readonly #cwd: string
  readonly #command: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  readonly #serving: ChildProcess[] = []

  /** @param command what stands for `polyseme` */
  constructor(cwd: string, command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#cwd = cwd
    this.#command = command
    this.#env = env
  }

  /** A command that ends. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandOutcome> {
    const child = this.#start(argv, env)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    return { code: child.exitCode, output }
  }

  /** A command that serves: the address that it prints when it is ready. It ends with this object. */
  async serve(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const child = this.#start(argv, env)
    this.#serving.push(child)
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    if (child.stdout === null) throw new TypeError('the output is a pipe')
    for await (const line of createInterface(child.stdout)) {
      const [, url] = /^ready (\S+)$/.exec(line) ?? []
      if (url !== undefined) return url
    }
    throw new Error(`${argv.join(' ')} ended: ${complaint}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#serving) child.kill('SIGTERM')
    await Promise.all(this.#serving.map(async (child) => child.exitCode ?? (await once(child, 'exit'))))
  }

  #start(argv: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const [program = '', ...args] = this.#command
    return spawn(program, [...args, ...argv], { cwd: this.#cwd, env: { ...this.#env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  }
}
