import { GatewayError } from '@polyseme/kit/errors'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'

export interface AdmissionGateOptions {
  /** Operations that run however busy the process is; those that began long ago wait for somebody and do not count. Default 8. */
  readonly minRunning?: number
  /** Share of the event loop above which no further operation starts beside those; 0 to 1, default 0.95. */
  readonly busyAbove?: number
  /** Operations that may wait; one more is refused at once. Default 2,000. */
  readonly maxWaiting?: number
  /** How long one may wait before it is refused; default 5,000 ms. */
  readonly maxWaitMs?: number
}

interface Waiting {
  readonly start: () => void
  readonly refuse: (error: GatewayError) => void
  readonly since: number
}

const SAMPLE_MS = 10
/** A sample that is later than this says that the loop has not turned since: what is started now holds up everything else, probes among it. */
const LATE_MS = 50
/** Samples after which an operation counts as one that waits for a subgraph: it takes no more of the process until that answers. */
const YOUNG_SAMPLES = 5

/**
 * Lets operations start. While the event loop is busy, starting more of them only makes all of them slower: everything
 * that is under way has to be kept in memory, and the collector copies it. So they wait in line, first come, first served,
 * and start as others end; when the loop has time, all start at once, however many wait for slow subgraphs.
 */
export class AdmissionGate {
  readonly #minRunning: number
  readonly #busyAbove: number
  readonly #maxWaiting: number
  readonly #maxWaitMs: number
  readonly #waiting: Waiting[] = []
  #head = 0
  #running = 0
  /** Of those, how many began in each of the last samples, and together. */
  readonly #begun = Array.from({ length: YOUNG_SAMPLES }, () => 0)
  #young = 0
  #now = 0
  #lookedAtMs = 0
  #busy = false
  #sample: EventLoopUtilization = performance.eventLoopUtilization()
  #timer: NodeJS.Timeout | undefined

  constructor(options: AdmissionGateOptions = {}) {
    this.#minRunning = options.minRunning ?? 8
    this.#busyAbove = options.busyAbove ?? 0.95
    this.#maxWaiting = options.maxWaiting ?? 2_000
    this.#maxWaitMs = options.maxWaitMs ?? 5_000
  }

  get statistics(): { readonly running: number; readonly waiting: number; readonly busy: boolean } {
    return { running: this.#running, waiting: this.#waiting.length - this.#head, busy: this.#busy }
  }

  /**
   * Undefined when the operation may start now; else a promise of that moment. Whoever was let in calls `leave` at the end.
   *
   * @throws OVERLOADED when too many wait, or the wait takes too long
   */
  enter(): Promise<void> | undefined {
    if (this.#mayStart() && this.#head === this.#waiting.length) {
      this.#begin()
      return undefined
    }
    if (this.#waiting.length - this.#head >= this.#maxWaiting) throw overloaded()
    return new Promise((start, refuse) => {
      this.#waiting.push({ start, refuse, since: performance.now() })
    })
  }

  /**
   * Runs work when it may start. What the work gives back should be little: it is held by what waited here, which the
   * collector has moved to the old generation by then, and so it lives until the next full collection.
   *
   * @throws OVERLOADED, or whatever the work throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const wait = this.enter()
    if (wait !== undefined) await wait
    const begun = this.#now
    try {
      return await work()
    } finally {
      this.leave(begun)
    }
  }

  /** @param begun when it was let in; default: just now */
  leave(begun = this.#now): void {
    this.#running--
    if (begun > this.#now - YOUNG_SAMPLES) this.#countYoung(begun, -1)
    this.#startWaiting()
  }

  #mayStart(): boolean {
    if (this.#timer !== undefined && performance.now() - this.#lookedAtMs > LATE_MS) return false
    return !this.#busy || this.#young < this.#minRunning
  }

  #begin(): void {
    this.#running++
    this.#countYoung(this.#now, 1)
    if (this.#timer !== undefined) return
    this.#sample = performance.eventLoopUtilization()
    this.#lookedAtMs = performance.now()
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS)
    this.#timer.unref()
  }

  #countYoung(sample: number, by: number): void {
    const at = sample % YOUNG_SAMPLES
    this.#begun[at] = (this.#begun[at] ?? 0) + by
    this.#young += by
  }

  #look(): void {
    this.#now++
    const isLate = performance.now() - this.#lookedAtMs > LATE_MS
    this.#lookedAtMs = performance.now()
    this.#countYoung(this.#now, -(this.#begun[this.#now % YOUNG_SAMPLES] ?? 0))
    const now = performance.eventLoopUtilization()
    this.#busy = performance.eventLoopUtilization(now, this.#sample).utilization > this.#busyAbove
    this.#sample = now
    this.#refuseLate()
    // Of those that hold up a whole turn, one a turn.
    this.#startWaiting(isLate ? 1 : Number.POSITIVE_INFINITY)
    if (this.#running > 0 || this.#head < this.#waiting.length) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#busy = false
  }

  #startWaiting(most = Number.POSITIVE_INFINITY): void {
    for (let started = 0; started < most && this.#head < this.#waiting.length && this.#mayStart(); started++) {
      const next = this.#shift()
      if (next === undefined) return
      this.#begin()
      next.start()
    }
  }

  #refuseLate(): void {
    const late = performance.now() - this.#maxWaitMs
    while ((this.#waiting[this.#head]?.since ?? Infinity) < late) this.#shift()?.refuse(overloaded())
  }

  #shift(): Waiting | undefined {
    const next = this.#waiting[this.#head++]
    if (this.#head > 256 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head)
      this.#head = 0
    }
    return next
  }
}

function overloaded(): GatewayError {
  return new GatewayError('OVERLOADED', 'the gateway has more operations under way than it can take')
}

/** One for the process, since what it measures is the process's event loop. */
export const PROCESS_GATE = new AdmissionGate()
