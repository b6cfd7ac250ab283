import { GatewayError, isErrorCode } from '@polyseme/kit/errors'
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Log } from '../serve/index.ts'
import { Channel, type Method } from './channel.ts'

export interface WorkerPoolOptions<Task> {
  /** Module that a worker runs. */
  readonly entry: URL
  /** How many there are to be; 2 or more. */
  readonly count: number
  /** What a worker is told at its start. */
  readonly taskFor: (place: WorkerPlace) => Task
  /** What workers may ask of this process; `worker` is the same object for all calls of one worker. */
  readonly methodsFor: (worker: object) => Readonly<Record<string, Method>>
  /** Told when a worker has ended, however it did. */
  readonly onEnd: (worker: object) => void
  /** A worker whose event loop has not turned for so long does not come back, and is killed. Default 30. */
  readonly hungAfterSec?: number
  readonly log: Log
}

/** Where a worker stands among the others. */
export interface WorkerPlace {
  /** 1 to `count`; a replacement takes the number of the one that ended. */
  readonly number: number
  /** No other worker serves now: there is nobody but this one to answer anything. */
  readonly alone: boolean
}

interface Running {
  readonly worker: Worker
  readonly channel: Channel
  readonly number: number
  readonly ended: Promise<unknown>
  readySinceMs: number | undefined
  /** Seconds, on this process's own clock, without a sign of life. */
  silentSec: number
}

const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 10_000
/** One that served this long did not fail at its start. */
const PROVEN_AFTER_MS = 60_000
const HUNG_AFTER_SEC = 30
/** Longer than a worker takes to finish what it has begun, to cut the rest and to have that written down. */
const STOP_TIMEOUT_MS = 25_000

/**
 * Processes that share one port: this one accepts connections and hands them to the workers in turn.
 *
 * One that ends is replaced, soon at first and later if it goes on ending; one that hangs is ended.
 */
export class WorkerPool<Task> {
  readonly #options: WorkerPoolOptions<Task>
  readonly #running = new Map<number, Running>()
  /** Failures in a row, by worker number. */
  readonly #failures = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #heartbeat: NodeJS.Timeout
  #stopping = false

  constructor(options: WorkerPoolOptions<Task>) {
    this.#options = options
    this.#heartbeat = setInterval(() => this.#countSilence(), 1_000)
    this.#heartbeat.unref()
  }

  /**
   * Resolves when all serve, to their address. The first one starts alone, so that what is made only once is made once.
   *
   * @throws whatever a worker's start threw; then none is left
   */
  async start(): Promise<URL> {
    try {
      const url = await this.#start(1)
      await Promise.all(Array.from({ length: this.#options.count - 1 }, (_, index) => this.#start(index + 2)))
      return url
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Channels of the workers that serve now, by number. */
  get serving(): ReadonlyMap<number, Channel> {
    return new Map([...this.#running.values()].filter(({ readySinceMs }) => readySinceMs !== undefined).map(({ number, channel }) => [number, channel]))
  }

  /** Each finishes what it has begun and ends; one that does not in time is killed. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#heartbeat)
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([...this.#running.values()].map(async ({ worker, channel, ended }) => {
      channel.notify('stop')
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(timer)
    }))
  }

  async #start(number: number): Promise<URL> {
    const { entry, taskFor, methodsFor } = this.#options
    cluster.setupPrimary({ exec: fileURLToPath(entry), args: [], serialization: 'advanced' })
    // Set for all gateways of the process, and the only way that spreads connections evenly on Linux.
    cluster.schedulingPolicy = cluster.SCHED_RR
    // Modules that this process has compiled need not be compiled again.
    const cacheDir = getCompileCacheDir()
    const worker = cluster.fork(cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir })
    closeLostConnection(worker)
    const serves = Promise.withResolvers<URL>()
    const channel = new Channel({
      send: (message, failed) => void worker.send(message as object, undefined, (error: Error | null) => { if (error !== null) failed(error) }),
      onMessage: (listener) => void worker.on('message', listener),
    }, methodsFor(worker), {
      ready: (url) => {
        running.readySinceMs = performance.now()
        serves.resolve(new URL(String(url)))
      },
      failed: (failure) => serves.reject(toError(failure)),
      alive: () => { running.silentSec = 0 },
    })
    const running: Running = { worker, channel, number, ended: once(worker, 'exit'), readySinceMs: undefined, silentSec: 0 }
    const place = { number, alone: this.serving.size === 0 }
    this.#running.set(number, running)
    worker.on('error', () => undefined)
    worker.once('exit', (code, signal) => {
      serves.reject(new GatewayError('INTERNAL', `a worker ended at its start (${signal ?? code})`))
      this.#onExit(running, signal ?? code)
    })
    channel.notify('start', taskFor(place))
    return await serves.promise
  }

  #onExit(running: Running, how: string | number): void {
    const { number, channel, worker, readySinceMs } = running
    this.#running.delete(number)
    channel.end()
    this.#options.onEnd(worker)
    if (this.#stopping) return
    const isProven = readySinceMs !== undefined && performance.now() - readySinceMs >= PROVEN_AFTER_MS
    const failures = (isProven ? 0 : this.#failures.get(number) ?? 0) + 1
    this.#failures.set(number, failures)
    // The first start fails as a whole; its worker is not replaced.
    if (readySinceMs === undefined && failures === 1) return
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
    this.#options.log.error('a worker ended; another takes its place', { worker: number, how, inMs: Math.round(waitMs) })
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#start(number).then(
        () => this.#options.log.info('a worker took the place of one that ended', { worker: number }),
        (error: unknown) => this.#options.log.error('a worker could not start', { worker: number }, error),
      )
    }, waitMs)
    this.#timers.add(timer)
  }

  /** Counted in turns of this process's own clock: when the whole machine was asleep, nobody hung. */
  #countSilence(): void {
    for (const running of this.#running.values()) {
      if (running.readySinceMs === undefined || ++running.silentSec < (this.#options.hungAfterSec ?? HUNG_AFTER_SEC)) continue
      // On a busy machine it may still be there a second later.
      if (running.worker.process.killed) continue
      this.#options.log.error('a worker hangs and is ended', { worker: running.number, silentSec: running.silentSec })
      running.worker.process.kill('SIGKILL')
    }
  }
}

/**
 * Node keeps its copy of a connection that it handed over until the worker says that it has it. One that is killed before
 * never does: without this, its client would wait for ever.
 */
function closeLostConnection({ process: child }: Worker): void {
  let last: { readonly close?: () => void } | undefined
  const send = child.send.bind(child) as (...parameters: readonly unknown[]) => boolean
  child.send = (...parameters: readonly unknown[]) => {
    const [, handle] = parameters
    if (typeof handle === 'object' && handle !== null) last = handle
    return send(...parameters)
  }
  child.once('exit', () => last?.close?.())
}

function toError(failure: unknown): GatewayError {
  const { code, message } = failure as { readonly code: string; readonly message: string }
  return new GatewayError(isErrorCode(code) ? code : 'INTERNAL', message)
}
