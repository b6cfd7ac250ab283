/** What has come of a list since the last call. */
export interface ListPart {
  /** Whole elements, comma-separated; undefined when none is complete yet. */
  readonly text: string | undefined
  /** What follows the list, from its `]` on; undefined while the list goes on. */
  readonly rest: Buffer | undefined
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/**
 * Cuts the elements of a JSON list out of its bytes, however these are divided. It looks at brackets and quotes only;
 * whether an element is JSON says whoever parses it.
 */
export class JsonListSplitter {
  readonly #maxElementBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  /** Brackets that are open within the list. */
  #depth = 0
  #inString = false
  #escaped = false

  constructor(maxElementBytes: number) {
    this.#maxElementBytes = maxElementBytes
  }

  /** @throws RangeError an element is longer than allowed */
  push(chunk: Buffer): ListPart {
    let cut = -1
    let depth = this.#depth
    for (let at = this.#inString ? this.#endOfString(chunk, 0) + 1 : 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === QUOTE) at = this.#endOfString(chunk, at + 1)
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++
      else if (byte === COMMA) {
        if (depth === 0) cut = at
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (depth === 0) return { text: this.#take(chunk.subarray(0, at)), rest: chunk.subarray(at) }
        depth--
      }
    }
    this.#depth = depth
    if (cut === -1) {
      this.#hold(chunk)
      return { text: undefined, rest: undefined }
    }
    const text = this.#take(chunk.subarray(0, cut))
    this.#hold(chunk.subarray(cut + 1))
    return { text, rest: undefined }
  }

  /** Index of the quote that ends a string, or of the end of the piece when it goes on. */
  #endOfString(chunk: Buffer, from: number): number {
    let at = from
    this.#inString = true
    if (this.#escaped) {
      this.#escaped = false
      at++
    }
    // No byte of a longer UTF-8 character is like a quote or a backslash.
    for (; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === QUOTE) {
        this.#inString = false
        return at
      }
      if (byte === BACKSLASH && ++at >= chunk.length) this.#escaped = true
    }
    return at
  }

  #hold(bytes: Buffer): void {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes > this.#maxElementBytes) throw new RangeError('an element is longer than the size limit')
  }

  #take(last: Buffer): string {
    const bytes = this.#pending.length === 0 ? last : Buffer.concat([...this.#pending, last])
    this.#pending = []
    this.#pendingBytes = 0
    return bytes.toString('utf8')
  }
}
