export interface LargeAnswersOptions {
  /** An answer of a subgraph that is longer is read while it comes, where that can be; 65,536 bytes or more, default 1 MiB. */
  readonly fromBytes?: number
  /** Longest such answer; default 1 GiB. */
  readonly maxBytes?: number
  /** Longest that stands beside the list of one, before and after it, which is held in memory; default 8 MiB. */
  readonly maxAroundBytes?: number
  /** Time for a whole one, however slowly the client reads; default 300,000 ms. */
  readonly deadlineMs?: number
  /** How many may be under way at once; further ones are awaited whole, as small ones are. Default 32. */
  readonly maxAtOnce?: number
}

/** Lets large answers be sent while they are made: which, and how many at once in this process. */
export class LargeAnswers {
  readonly fromBytes: number
  readonly maxBytes: number
  readonly maxAroundBytes: number
  readonly deadlineMs: number
  readonly #maxAtOnce: number
  #running = 0

  constructor({ fromBytes = 1_048_576, maxBytes = 1_073_741_824, maxAroundBytes = 8_388_608, deadlineMs = 300_000, maxAtOnce = 32 }: LargeAnswersOptions = {}) {
    this.fromBytes = fromBytes
    this.maxBytes = maxBytes
    this.maxAroundBytes = maxAroundBytes
    this.deadlineMs = deadlineMs
    this.#maxAtOnce = maxAtOnce
  }

  /** Ends when what is returned is disposed; undefined when no more may be under way. */
  begin(): Disposable | undefined {
    if (this.#running >= this.#maxAtOnce) return undefined
    this.#running++
    let ended = false
    return {
      [Symbol.dispose]: () => {
        if (!ended) this.#running--
        ended = true
      },
    }
  }
}
