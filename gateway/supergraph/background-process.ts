import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, constants, getPriority, loadavg, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FromBackground, ToBackground } from './background-entry.ts'
import { findTimes, isStarved } from './idle-process.ts'

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

/** The work got next to nothing of the processor. */
class Starved extends Error {}

/** More than this process has: so much that whatever answers a request goes first, and that there is still a tenth for it on a busy machine. */
const NICENESS = 10
/** Graphs are many small objects that live on: to begin with the default, 1 MiB, and let it grow takes a tenth more of processor time. */
const SEMI_SPACE_MB = 32
/** Checks and publishes come in rows; what they need is loaded for half a second of processor time. */
const KEPT_MS = 10_000

const WATCH_MS = 1_000
/** For this long after work starved, and while more wants to run than there are processors, work is not begun in a way in which it may. */
const BUSY_MS = 60_000

const kept = new Map<string, BackgroundProcess>()
let starvedAt = Number.NEGATIVE_INFINITY

/**
 * Runs the function `run(task, post)` that a module exports in a process of its own that gives way to everything else: it gets the
 * processor only when nothing else wants it, and has no helper threads for its garbage. A thread beside the serving one would share those
 * with it, and its clients would wait. On a busy machine it has low priority instead; a task that starves is begun anew in that way, its
 * parts come again from the first. The process is kept for the next task with the same bounds for some seconds; one that did not do well
 * is not.
 *
 * @throws BackgroundError
 */
export async function runInBackground(module: URL, task: unknown, options: BackgroundOptions): Promise<void> {
  try {
    await runOnce(module, task, options)
  } catch (error) {
    if (!(error instanceof Starved)) throw error
    starvedAt = performance.now()
    await runOnce(module, task, options)
  }
}

async function runOnce(module: URL, task: unknown, { bounds, signal, onPart }: BackgroundOptions): Promise<void> {
  if (signal?.aborted === true) throw new BackgroundError('aborted')
  const kind = JSON.stringify([bounds.maxHeapMb, bounds.stackMb])
  const known = kept.get(kind)
  kept.delete(kind)
  const background = findOrStart(known, kind, bounds)
  try {
    await background.run(module, task, { bounds, signal, onPart })
  } catch (error) {
    await background.end()
    throw error
  }
  if (kept.has(kind)) await background.end()
  else {
    kept.set(kind, background)
    background.endAfter(KEPT_MS)
  }
}

/** The one that was kept, unless it would starve on a machine that is busy now. */
function findOrStart(known: BackgroundProcess | undefined, kind: string, bounds: BackgroundBounds): BackgroundProcess {
  const isBusy = isMachineBusy()
  if (known !== undefined && !(known.isIdle && isBusy)) return known
  void known?.end()
  const started = new BackgroundProcess(bounds, {
    isIdle: !isBusy,
    onGoneWhileKept: () => {
      if (kept.get(kind) === started) kept.delete(kind)
    },
  })
  return started
}

function isMachineBusy(): boolean {
  const [running = 0] = loadavg()
  return running >= availableParallelism() || performance.now() - starvedAt < BUSY_MS
}

class BackgroundProcess {
  /** Its work gets the processor only when nothing else wants it. */
  readonly isIdle: boolean
  readonly #child: ChildProcess
  #onMessage: (message: FromBackground) => void = () => {}
  #onGone: (cause?: Error) => void
  #keptTimer: NodeJS.Timeout | undefined

  constructor(bounds: BackgroundBounds, { isIdle, onGoneWhileKept }: { readonly isIdle: boolean; readonly onGoneWhileKept: () => void }) {
    this.isIdle = isIdle
    this.#child = fork(fileURLToPath(new URL('background-entry.ts', import.meta.url)), [], {
      execArgv: ['--single-threaded', `--min-semi-space-size=${SEMI_SPACE_MB}`, `--max-semi-space-size=${SEMI_SPACE_MB}`], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#onGone = onGoneWhileKept
    this.#child.on('message', (message) => this.#onMessage(message as FromBackground))
    this.#child.on('error', (error) => this.#onGone(error))
    this.#child.on('exit', () => this.#onGone())
    lowerPriority(this.#child)
    this.#tell({ kind: 'begin', bounds, isIdle })
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
    const onGoneWhileKept = this.#onGone
    this.#onMessage = (message) => void onMessage(message).catch(reject)
    this.#onGone = (cause) => fail('failed', cause)
    this.#hold(true)
    clearTimeout(this.#keptTimer)
    const timer = setTimeout(() => fail('timeout'), bounds.timeoutMs)
    const watch = this.isIdle ? watchFor(this.#child, () => reject(new Starved())) : undefined
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#tell({ kind: 'task', module: module.href, task })
      await promise
    } finally {
      clearTimeout(timer)
      clearInterval(watch)
      signal?.removeEventListener('abort', onAbort)
      this.#onMessage = () => {}
      this.#onGone = onGoneWhileKept
    }
  }

  endAfter(ms: number): void {
    this.#hold(false)
    this.#keptTimer = setTimeout(() => {
      // Before it has ended somebody may come who would take it.
      this.#onGone()
      void this.end()
    }, ms).unref()
  }

  async end(): Promise<void> {
    clearTimeout(this.#keptTimer)
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

/** Tells when a process that is idle otherwise starves. */
function watchFor({ pid = 0 }: ChildProcess, onStarved: () => void): NodeJS.Timeout {
  let before = findTimes(pid)
  let at = performance.now()
  return setInterval(() => {
    const [times, now] = [findTimes(pid), performance.now()]
    if (before !== undefined && times !== undefined && isStarved(before, times, now - at)) onStarved()
    before = times
    at = now
  }, WATCH_MS)
}

/** Its threads are made after this and inherit it. */
function lowerPriority({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS))
  } catch {
    // Where it is not allowed, or the process has ended already, the work is done as any other.
  }
}
