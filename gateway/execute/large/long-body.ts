/** What holds a sender up, and lets it go on. */
export interface Flow {
  pause(): void
  resume(): void
  /** Nothing more is wanted. */
  cancel(): void
}

/** From which length on a body is handed over piece by piece, and how long it may be. */
export interface LongBodyLimits {
  readonly afterBytes: number
  readonly maxBytes: number
}

/** Who takes over a body that turns out to be long. */
export interface LongBodyTaker extends LongBodyLimits {
  readonly begin: (body: LongBody) => void
}

const PAUSE_ABOVE_BYTES = 262_144

interface Reader {
  readonly resolve: (chunk: Buffer | undefined) => void
  readonly reject: (error: Error) => void
}

/** A body that is read while it comes; its sender is held up as long as nobody reads. */
export class LongBody {
  readonly #flow: Flow
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #paused = false
  #end: 'open' | 'ended' | Error = 'open'
  #reader: Reader | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(chunk: Buffer): void {
    if (this.#end !== 'open') return
    const reader = this.#takeReader()
    if (reader !== undefined) {
      reader.resolve(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes <= PAUSE_ABOVE_BYTES || this.#paused) return
    this.#paused = true
    this.#flow.pause()
  }

  end(): void {
    if (this.#end !== 'open') return
    this.#end = 'ended'
    // What brought it may bring something else now, which is not to wait for this reader.
    this.#resume()
    this.#takeReader()?.resolve(undefined)
  }

  /** What came before is still read; then reading fails. */
  fail(error: Error): void {
    if (this.#end !== 'open') return
    this.#end = error
    this.#takeReader()?.reject(error)
  }

  /** The next piece; undefined at the end. One reader at a time. Rejects when the body broke off. */
  read(): Promise<Buffer | undefined> {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#bytes -= chunk.length
      if (this.#chunks.length === 0) this.#resume()
      return Promise.resolve(chunk)
    }
    if (this.#end === 'ended') return Promise.resolve(undefined)
    if (this.#end !== 'open') return Promise.reject(this.#end)
    return new Promise((resolve, reject) => { this.#reader = { resolve, reject } })
  }

  cancel(): void {
    const wasOpen = this.#end === 'open'
    this.#chunks.length = 0
    this.fail(new Error('nobody reads the body any more'))
    if (wasOpen) this.#flow.cancel()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#flow.resume()
  }

  #takeReader(): Reader | undefined {
    const reader = this.#reader
    this.#reader = undefined
    return reader
  }
}
