import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
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

/** So low that whatever answers a request goes first, and high enough to get on beside a machine's load (nice 10 is a tenth). */
const NICENESS = 10

/**
 * Runs a module that takes `workerData` and posts to `parentPort`, in a process of its own that gives way to everything else: of low
 * priority, without helper threads for its garbage. A thread beside the serving one would share those with it, and its clients would wait.
 *
 * @throws BackgroundError
 */
export async function runInBackground(module: URL, task: unknown, { bounds, signal, onPart }: BackgroundOptions): Promise<void> {
  if (signal?.aborted === true) throw new BackgroundError('aborted')
  const child = fork(fileURLToPath(new URL('background-entry.ts', import.meta.url)), [], {
    execArgv: ['--single-threaded-gc'], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (reason: BackgroundEnd, cause?: unknown): void => reject(new BackgroundError(reason, { cause }))
  const say = (message: ToBackground): void => void child.send(message, (error) => { if (error !== null) fail('failed', error) })
  const onMessage = async (message: FromBackground): Promise<void> => {
    if (message.kind === 'ended') return resolve()
    if (message.kind === 'failed') return fail(message.reason, new Error(message.message))
    await onPart(message.part)
    say({ kind: 'next' })
  }
  const timer = setTimeout(() => fail('timeout'), bounds.timeoutMs)
  const onAbort = (): void => fail('aborted')
  signal?.addEventListener('abort', onAbort, { once: true })
  child.on('message', (message) => void onMessage(message as FromBackground).catch(reject))
  child.once('error', (error) => fail('failed', error))
  child.once('exit', () => fail('failed'))
  try {
    giveWay(child)
    say({ kind: 'start', module: module.href, task, bounds })
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    await end(child)
  }
}

/** Its threads are made after this and inherit it. */
function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, NICENESS)
  } catch {
    // Where it is not allowed, or the process has ended already, the work is done as any other.
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
