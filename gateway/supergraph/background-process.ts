import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants, getPriority, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FromBackground, ToBackground } from './background-entry.ts'

/** What such work may take; what exceeds it is ended and costs the caller nothing more (R05). */
export interface BackgroundBounds {
  /** Wall time, milliseconds. */
  readonly timeoutMs: number
  /** Heap, MiB. */
  readonly maxHeapMb: number
  /** Stack, MiB. */
  readonly stackMb: number
}

/** Why work ended without a result. */
export type BackgroundEnd = 'aborted' | 'timeout' | 'memory' | 'stack' | 'failed'

export class BackgroundError extends Error {
  readonly reason: BackgroundEnd

  constructor(reason: BackgroundEnd, options?: ErrorOptions) {
    super(`work in the background ended: ${reason}`, options)
    this.reason = reason
  }
}

export interface BackgroundOptions {
  readonly bounds: BackgroundBounds
  readonly signal?: AbortSignal | undefined
  /** Told each message in order; the next one comes when it is done, so that it can take its time over each. */
  readonly onPart: (part: unknown) => void | Promise<void>
}

/** More than this process has: so much that whatever answers a request goes first, and that there is still a tenth for it on a busy machine. */
const NICENESS = 10
/** Checks and publishes come in rows; what they need is loaded for half a second of processor time. */
const IDLE_MS = 10_000

const idle = new Map<string, BackgroundProcess>()

/**
 * Runs the function `run(task, post)` that a module exports in a process of its own that gives way to everything else: of low priority,
 * without helper threads for its garbage. A thread beside the serving one would share those with it, and its clients would wait.
 * The process is kept for the next task with the same bounds for some seconds; one that did not do well is not.
 *
 * @throws BackgroundError
 */
export async function runInBackground(module: URL, task: unknown, { bounds, signal, onPart }: BackgroundOptions): Promise<void> {
  if (signal?.aborted === true) throw new BackgroundError('aborted')
  const kind = JSON.stringify([bounds.maxHeapMb, bounds.stackMb])
  const background = idle.get(kind) ?? new BackgroundProcess(bounds, () => idle.delete(kind))
  idle.delete(kind)
  try {
    await background.run(module, task, { bounds, signal, onPart })
  } catch (error) {
    await background.end()
    throw error
  }
  if (idle.has(kind)) await background.end()
  else {
    idle.set(kind, background)
    background.endAfter(IDLE_MS)
  }
}

class BackgroundProcess {
  readonly #child: ChildProcess
  #onMessage: (message: FromBackground) => void = () => {}
  #onGone: (cause?: Error) => void
  #idleTimer: NodeJS.Timeout | undefined

  constructor(bounds: BackgroundBounds, onGoneWhileIdle: () => void) {
    this.#child = fork(fileURLToPath(new URL('background-entry.ts', import.meta.url)), [], {
      execArgv: ['--single-threaded-gc'], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#onGone = onGoneWhileIdle
    this.#child.on('message', (message) => this.#onMessage(message as FromBackground))
    this.#child.on('error', (error) => this.#onGone(error))
    this.#child.on('exit', () => this.#onGone())
    giveWay(this.#child)
    this.#tell({ kind: 'begin', bounds })
  }

  async run(module: URL, task: unknown, { bounds, signal, onPart }: BackgroundOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (reason: BackgroundEnd, cause?: unknown): void => reject(new BackgroundError(reason, { cause }))
    const onMessage = async (message: FromBackground): Promise<void> => {
      if (message.kind === 'ended') return resolve()
      if (message.kind === 'failed') return fail(message.reason, new Error(message.message))
      await onPart(message.part)
      this.#tell({ kind: 'next' })
    }
    const onAbort = (): void => fail('aborted')
    const onGoneWhileIdle = this.#onGone
    this.#onMessage = (message) => void onMessage(message).catch(reject)
    this.#onGone = (cause) => fail('failed', cause)
    this.#hold(true)
    clearTimeout(this.#idleTimer)
    const timer = setTimeout(() => fail('timeout'), bounds.timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#tell({ kind: 'task', module: module.href, task })
      await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#onMessage = () => {}
      this.#onGone = onGoneWhileIdle
    }
  }

  endAfter(ms: number): void {
    this.#hold(false)
    this.#idleTimer = setTimeout(() => void this.end(), ms).unref()
  }

  async end(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #tell(message: ToBackground): void {
    this.#child.send(message, (error) => { if (error !== null) this.#onGone(error) })
  }

  /** Whether waiting for it keeps this process alive. */
  #hold(held: boolean): void {
    for (const one of [this.#child, this.#child.channel]) {
      if (held) one?.ref()
      else one?.unref()
    }
  }
}

/** Its threads are made after this and inherit it. */
function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS))
  } catch {
    // Where it is not allowed, or the process has ended already, the work is done as any other.
  }
}
