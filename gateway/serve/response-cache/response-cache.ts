import { WeightedCache } from '../../operation/index.ts'

export interface ResponseCacheOptions {
  /** Memory for answers, bytes; the ones used longest ago go first. */
  readonly maxBytes: number
  /** An answer is never kept longer, whatever the contracts say; default 60. */
  readonly maxSeconds?: number
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

/** A whole answer without errors. */
export interface KeptAnswer {
  readonly text: string
  readonly rows: { readonly outermost: number; readonly all: number }
  /** When it was asked for: what it says was true at that time or later. */
  readonly asOfMs: number
  readonly seconds: number
}

const MAX_ENTRIES = 100_000
const ENTRY_BYTES = 600
/** One answer may take this share of the memory, so that it does not drive all others out. */
const MAX_SHARE = 0.1

/** Whole answers in the memory of this process, until their time is over. Who may have which is in the keys. */
export class ResponseCache {
  readonly maxSeconds: number
  readonly clock: () => number
  readonly #maxBytes: number
  readonly #answers: WeightedCache<string, KeptAnswer>
  readonly #numbers = new WeakMap<object, number>()
  #lastNumber = 0

  constructor({ maxBytes, maxSeconds = 60, clock = Date.now }: ResponseCacheOptions) {
    this.maxSeconds = maxSeconds
    this.clock = clock
    this.#maxBytes = maxBytes
    this.#answers = new WeightedCache(MAX_ENTRIES, maxBytes)
  }

  get statistics(): { readonly entries: number; readonly bytes: number } {
    const { entries, weight } = this.#answers.statistics
    return { entries, bytes: weight }
  }

  find(key: string): KeptAnswer | undefined {
    const kept = this.#answers.get(key)
    return kept === undefined || this.clock() >= kept.asOfMs + kept.seconds * 1_000 ? undefined : kept
  }

  keep(key: string, answer: KeptAnswer): void {
    // Characters beyond Latin-1 make every character take two bytes.
    const bytes = answer.text.length * 2 + ENTRY_BYTES
    if (bytes <= this.#maxBytes * MAX_SHARE) this.#answers.set(key, answer, bytes)
  }

  /** Stands for an object in keys: no other object ever has its number. */
  numberOf(object: object): number {
    let number = this.#numbers.get(object)
    if (number === undefined) this.#numbers.set(object, (number = ++this.#lastNumber))
    return number
  }
}
