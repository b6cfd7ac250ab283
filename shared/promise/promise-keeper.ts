import type { DataProduct, ProductUrn } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { Source } from '../source/index.ts'
import { findNextRun, parseCron, type CronSchedule } from './cron.ts'
import { listPromises } from './list-promises.ts'
import { measurePromises } from './measure-promises.ts'
import type { ProductPromise, PromiseResult } from './promise.ts'
import type { PromiseStore } from './promise-store.ts'

/** Something that whoever runs the domain should know; holds no value of a row. */
export type PromiseNotice = { readonly kind: 'broken' | 'kept-again'; readonly urn: ProductUrn; readonly id: string } | { readonly kind: 'failed'; readonly message: string }

export interface PromiseKeeperOptions {
  readonly products: readonly DataProduct[]
  /** A connection of its own is taken from it for each run. */
  readonly source: Source
  readonly store: PromiseStore
  /** How long one run may take. Default 600,000. */
  readonly runTimeoutMs?: number
  /** How long one statement may take. Default 60,000. */
  readonly statementTimeoutMs?: number
  /** Epoch milliseconds. Default `Date.now`. */
  readonly nowMs?: () => number
  /** From 0 to 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number
  readonly report?: (notice: PromiseNotice) => void
}

const HOUR_MS = 3_600_000
const RUN_TIMEOUT_MS = 600_000
/** After the start, before promises that are due are measured: first the domain answers queries. */
const START_DELAY_MS = 10_000
/** Runs are spread over a tenth of their interval, at most this long: domains that share a database don't all come at once. */
const MAX_JITTER_MS = 300_000
/** A timer cannot wait for more than 24 days; looking again once a day costs nothing. */
const MAX_WAIT_MS = 86_400_000
/** After a run the next scheduled one waits at least this many times as long as the run took. */
const REST_FACTOR = 4

interface DuePromises {
  readonly promises: readonly ProductPromise[]
  /** Undefined: every hour. */
  readonly schedule: CronSchedule | undefined
  dueAtMs: number
}

/** Measures a domain's promises on their schedules and on demand, one run at a time, and keeps the results. */
export class PromiseKeeper {
  readonly #options: PromiseKeeperOptions
  readonly #promises: readonly ProductPromise[]
  readonly #stopping = new AbortController()
  readonly #nowMs: () => number
  readonly #random: () => number
  #due: readonly DuePromises[] = []
  #timer: NodeJS.Timeout | undefined
  #running: Promise<unknown> = Promise.resolve()
  #queued: Promise<readonly PromiseResult[]> | undefined

  constructor(options: PromiseKeeperOptions) {
    this.#options = options
    this.#nowMs = options.nowMs ?? Date.now
    this.#random = options.random ?? Math.random
    this.#promises = options.products.flatMap((product) => listPromises(product)).filter(({ evaluation }) => evaluation.kind === 'check')
  }

  /** Begins to measure on schedule: the contract's where it is a cron expression, else hourly. */
  start(): void {
    const startMs = this.#nowMs()
    this.#due = groupBySchedule(this.#promises).map(({ promises, schedule }) => ({ promises, schedule, dueAtMs: this.#firstRun(promises, schedule, startMs) }))
    this.#wait(0)
  }

  /** Measures everything now and keeps it; callers that come while a run is waiting for its turn share it. */
  measureAll(): Promise<readonly PromiseResult[]> {
    this.#queued ??= this.#takeTurn(async () => {
      this.#queued = undefined
      return await this.#measure(this.#promises)
    })
    return this.#queued
  }

  /** Ends a run that is under way, and begins no further one. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping.abort()
    await this.#running
  }

  /** Settles when nothing is being measured. */
  async whenIdle(): Promise<void> {
    await this.#running
  }

  async #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#running.then(work)
    this.#running = turn.catch(() => undefined)
    return await turn
  }

  #firstRun(promises: readonly ProductPromise[], schedule: CronSchedule | undefined, startMs: number): number {
    const soonest = startMs + START_DELAY_MS * (1 + this.#random())
    const times = promises.map(({ product, id }) => this.#options.store.resultsOf(product.urn).get(id)?.measuredAtMs)
    if (times.includes(undefined)) return soonest
    return Math.max(soonest, this.#nextRun(schedule, Math.min(...times.map(Number))))
  }

  #nextRun(schedule: CronSchedule | undefined, afterMs: number): number {
    const at = schedule === undefined ? afterMs + HOUR_MS : (findNextRun(schedule, afterMs) ?? afterMs + MAX_WAIT_MS)
    return at + this.#random() * Math.min((at - afterMs) / 10, MAX_JITTER_MS)
  }

  #wait(restMs: number): void {
    if (this.#stopping.signal.aborted || this.#due.length === 0) return
    const nextMs = Math.min(...this.#due.map(({ dueAtMs }) => dueAtMs)) - this.#nowMs()
    this.#timer = setTimeout(() => void this.#runDue(), Math.min(Math.max(nextMs, restMs, 0), MAX_WAIT_MS))
    this.#timer.unref()
  }

  async #runDue(): Promise<void> {
    const startMs = this.#nowMs()
    const due = this.#due.filter(({ dueAtMs }) => dueAtMs <= startMs)
    if (due.length > 0) {
      try {
        await this.#takeTurn(() => this.#measure(due.flatMap(({ promises }) => promises)))
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#options.report?.({ kind: 'failed', message: error instanceof Error ? error.message : 'unknown' })
      }
    }
    const endMs = this.#nowMs()
    for (const one of due) one.dueAtMs = this.#nextRun(one.schedule, endMs)
    this.#wait((endMs - startMs) * REST_FACTOR)
  }

  async #measure(promises: readonly ProductPromise[]): Promise<readonly PromiseResult[]> {
    const { source, store, runTimeoutMs = RUN_TIMEOUT_MS, statementTimeoutMs } = this.#options
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(runTimeoutMs)])
    await using own = source.withOwnConnection()
    const results = await measurePromises(promises, { source: own, nowMs: this.#nowMs, signal, ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }) })
    const statesBefore = new Map(this.#options.products.map(({ urn }) => [urn, store.resultsOf(urn)]))
    store.save(results)
    for (const { urn, id, state } of results) {
      const before = statesBefore.get(urn)?.get(id)?.state
      if (state === 'BROKEN' && before !== 'BROKEN') this.#options.report?.({ kind: 'broken', urn, id })
      if (state === 'KEPT' && before === 'BROKEN') this.#options.report?.({ kind: 'kept-again', urn, id })
    }
    const missing = promises.length - results.length
    if (missing > 0 && !this.#stopping.signal.aborted) throw new GatewayError('DEADLINE_EXCEEDED', `${missing} promises were not measured within ${runTimeoutMs / 1_000} s`)
    return results
  }
}

function groupBySchedule(promises: readonly ProductPromise[]): readonly Omit<DuePromises, 'dueAtMs'>[] {
  const groups = new Map<string, ProductPromise[]>()
  for (const promise of promises) {
    const written = promise.evaluation.kind === 'check' ? (promise.evaluation.check.schedule ?? '') : ''
    const key = parseCron(written) === undefined ? '' : written.trim()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [promise])
    else group.push(promise)
  }
  return [...groups].map(([written, group]) => ({ promises: group, schedule: written === '' ? undefined : parseCron(written) }))
}
