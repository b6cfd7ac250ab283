import { GatewayError } from '@polyseme/kit/errors'

export interface LargeAnswersOptions {
  /** An answer of a subgraph that is longer is read while it comes, where that can be; 65,536 bytes or more, default 1 MiB. */
  readonly fromBytes?: number
  /** Longest such answer; default 1 GiB. */
  readonly maxBytes?: number
  /** Longest that stands beside the list of one, before and after it, which is held in memory; default 8 MiB. */
  readonly maxAroundBytes?: number
  /** What may be held at once of large answers that are made whole; one alone may be longer. Default 512 MiB. */
  readonly maxHeldBytes?: number
  /** Time for a whole one, however slowly the client reads; default 300,000 ms. */
  readonly deadlineMs?: number
  /** How many may be under way at once; further ones are awaited whole, as small ones are. Default 32. */
  readonly maxAtOnce?: number
}

export interface HeldBytes extends Disposable {
  /** @throws OVERLOADED all answers together hold too much */
  readonly add: (bytes: number) => void
}

/** Lets large answers be sent while they are made: which, and how many at once in this process. */
export class LargeAnswers {
  readonly fromBytes: number
  readonly maxBytes: number
  readonly maxAroundBytes: number
  readonly deadlineMs: number
  readonly #maxHeldBytes: number
  readonly #maxAtOnce: number
  #heldBytes = 0
  #running = 0

  constructor({ fromBytes = 1_048_576, maxBytes = 1_073_741_824, maxAroundBytes = 8_388_608, maxHeldBytes = 536_870_912, deadlineMs = 300_000, maxAtOnce = 32 }: LargeAnswersOptions = {}) {
    this.fromBytes = fromBytes
    this.maxBytes = maxBytes
    this.maxAroundBytes = maxAroundBytes
    this.deadlineMs = deadlineMs
    this.#maxHeldBytes = maxHeldBytes
    this.#maxAtOnce = maxAtOnce
  }

  /** For what is held of one answer, until it is disposed. */
  hold(): HeldBytes {
    let own = 0
    return {
      add: (bytes) => {
        own += bytes
        this.#heldBytes += bytes
        if (this.#heldBytes > this.#maxHeldBytes && this.#heldBytes > own) throw new GatewayError('OVERLOADED', `large answers that are being made whole take more than ${this.#maxHeldBytes} bytes together; ask for one large list in an operation, behind all else, or again later`)
      },
      [Symbol.dispose]: () => {
        this.#heldBytes -= own
        own = 0
      },
    }
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
