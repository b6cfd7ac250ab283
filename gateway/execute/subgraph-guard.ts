import { GatewayError } from '@polyseme/kit/errors'
import { setTimeout as delay } from 'node:timers/promises'
import { CircuitBreaker, type CircuitBreakerOptions, type CircuitState } from './circuit-breaker.ts'
import { TIME_IS_UP } from './deadline.ts'

export interface SubgraphGuardOptions {
  readonly breaker?: CircuitBreakerOptions
  /** Requests under way at once; default 512. */
  readonly maxConcurrent?: number
  /** Requests that may wait for one of those to end; default 2,000. */
  readonly maxWaiting?: number
  /** Further attempts of a query that could not be delivered; mutations are never sent twice. Default 1. */
  readonly retries?: number
  /** Retries beyond this share of all requests are left out, so that an outage is not answered with twice the load. Default 0.1. */
  readonly retryShare?: number
}

const RETRY_DELAY_MS = 25
const MAX_RETRY_CREDIT = 10

/** One try of a request. */
export type Attempt<T> = () => Promise<T>

/** Keeps the traffic to one subgraph within bounds: breaker, concurrency, retries. */
export class SubgraphGuard {
  readonly #subgraph: string
  readonly #breaker: CircuitBreaker
  readonly #maxConcurrent: number
  readonly #maxWaiting: number
  readonly #retries: number
  readonly #retryShare: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #answered = 0
  #retryCredit = MAX_RETRY_CREDIT

  constructor(subgraph: string, options: SubgraphGuardOptions = {}) {
    this.#subgraph = subgraph
    this.#breaker = new CircuitBreaker(options.breaker)
    this.#maxConcurrent = options.maxConcurrent ?? 512
    this.#maxWaiting = options.maxWaiting ?? 2_000
    this.#retries = options.retries ?? 1
    this.#retryShare = options.retryShare ?? 0.1
  }

  get state(): CircuitState {
    return this.#breaker.state
  }

  /** Requests under way, and how many have been answered in all; an error is an answer, silence is none. */
  get activity(): { readonly running: number; readonly answered: number } {
    return { running: this.#running, answered: this.#answered }
  }

  /** Nothing is sent until `release`. */
  hold(): void {
    this.#breaker.hold()
  }

  release(): void {
    this.#breaker.release()
  }

  /** @throws SUBGRAPH_UNAVAILABLE without an attempt when the subgraph rests or too much is under way; else what the attempt throws */
  async run<T>(kind: 'query' | 'mutation', signal: AbortSignal, attempt: Attempt<T>): Promise<T> {
    this.#retryCredit = Math.min(MAX_RETRY_CREDIT, this.#retryCredit + this.#retryShare)
    for (let retries = kind === 'query' ? this.#retries : 0; ; retries--) {
      try {
        return await this.#once(signal, attempt)
      } catch (error) {
        if (retries === 0 || signal.aborted || this.#retryCredit < 1 || !isUndelivered(error) || this.#breaker.state !== 'closed') throw error
        this.#retryCredit--
        await delay(RETRY_DELAY_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => { throw error })
      }
    }
  }

  async #once<T>(signal: AbortSignal, attempt: Attempt<T>): Promise<T> {
    if (this.#running >= this.#maxConcurrent) await this.#wait()
    else this.#running++
    try {
      if (signal.aborted || !this.#breaker.tryBegin()) throw this.#unavailable()
      return await this.#observed(signal, attempt)
    } finally {
      this.#leave()
    }
  }

  async #observed<T>(signal: AbortSignal, attempt: Attempt<T>): Promise<T> {
    try {
      const result = await attempt()
      this.#breaker.succeeded()
      this.#answered++
      return result
    } catch (error) {
      if (signal.aborted && signal.reason !== TIME_IS_UP) this.#breaker.abandoned()
      else if (error instanceof GatewayError && (error.code === 'SUBGRAPH_UNAVAILABLE' || error.code === 'SUBGRAPH_TIMEOUT')) this.#breaker.failed()
      else {
        this.#breaker.succeeded()
        this.#answered++
      }
      throw error
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(this.#unavailable())
    return new Promise((resolve) => { this.#waiting.push(resolve) })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }

  #unavailable(): GatewayError {
    return new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${this.#subgraph}" is not available`)
  }
}

/** No answer came, so that asking again can help; a timeout is not repeated, since there is no time left for it. */
function isUndelivered(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'SUBGRAPH_UNAVAILABLE'
}
