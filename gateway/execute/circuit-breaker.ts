export interface CircuitBreakerOptions {
  /** Failures in a row after which the subgraph is not asked for a while; default 10. */
  readonly failures?: number
  /** First time of rest; default 500 ms. It doubles with each failed trial, up to `maxRestMs`, and varies by half. */
  readonly restMs?: number
  /** Default 10,000 ms. */
  readonly maxRestMs?: number
  /** Milliseconds, any origin. Default `performance.now`. */
  readonly clock?: () => number
  /** 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

export type CircuitState = 'closed' | 'open' | 'half-open'

/**
 * Stops asking a subgraph that does not answer, so that nobody waits for it and it can recover. After a rest one request
 * tries again; gateways rest for different times, so that they do not all come back at once.
 */
export class CircuitBreaker {
  readonly #maxFailures: number
  readonly #firstRestMs: number
  readonly #maxRestMs: number
  readonly #clock: () => number
  readonly #random: () => number
  #failures = 0
  #restMs: number
  #openUntil = 0
  #trial = false
  #held = false

  constructor(options: CircuitBreakerOptions = {}) {
    this.#maxFailures = options.failures ?? 10
    this.#firstRestMs = options.restMs ?? 500
    this.#maxRestMs = options.maxRestMs ?? 10_000
    this.#clock = options.clock ?? (() => performance.now())
    this.#random = options.random ?? Math.random
    this.#restMs = this.#firstRestMs
  }

  get state(): CircuitState {
    if (this.#held) return 'open'
    if (this.#failures < this.#maxFailures) return 'closed'
    return this.#trial || this.#clock() >= this.#openUntil ? 'half-open' : 'open'
  }

  /** Whether a request may be sent now; if so, its end must be told. */
  tryBegin(): boolean {
    if (this.#held) return false
    if (this.#failures < this.#maxFailures) return true
    if (this.#trial || this.#clock() < this.#openUntil) return false
    this.#trial = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#trial = false
    this.#restMs = this.#firstRestMs
  }

  failed(): void {
    this.#failures++
    this.#trial = false
    if (this.#failures < this.#maxFailures) return
    this.#openUntil = this.#clock() + this.#restMs * (0.5 + this.#random())
    this.#restMs = Math.min(this.#restMs * 2, this.#maxRestMs)
  }

  /** Opens, and stays open until `release`: somebody else finds out when the subgraph answers again. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.succeeded()
  }

  /** The request ended without telling anything about the subgraph: the client left. */
  abandoned(): void {
    this.#trial = false
  }
}
