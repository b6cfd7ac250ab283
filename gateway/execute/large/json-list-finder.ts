/** A list that was found, with the bytes before it and those that came of it. */
export interface FoundList {
  /** Index among the wanted lists. */
  readonly index: number
  /** Everything up to the list's `[`, that included. */
  readonly before: Buffer
  readonly rest: Buffer
}

interface OpenObject {
  key: string | undefined
  expectsKey: boolean
}

/** No longer key is one that was asked for. */
const MAX_KEY_BYTES = 1_024

/**
 * Reads JSON as it comes until one of the wanted lists has proved to be large. A wanted list is named by the keys that lead
 * to it from the top, through objects only.
 */
export class JsonListFinder {
  readonly #wanted: readonly (readonly string[])[]
  readonly #largeBytes: number
  readonly #chunks: Buffer[] = []
  readonly #maxDepth: number
  /** Open objects, as long as a wanted list may be in them. */
  readonly #objects: OpenObject[] = []
  /** Open brackets within those; a list that was found is the first of them. */
  #within = 0
  #bytes = 0
  #inString = false
  #escaped = false
  #keyBytes: number[] | undefined
  #found: { readonly index: number; readonly at: number } | undefined

  constructor(wanted: readonly (readonly string[])[], largeBytes: number) {
    this.#wanted = wanted
    this.#largeBytes = largeBytes
    this.#maxDepth = Math.max(0, ...wanted.map((path) => path.length))
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): FoundList | undefined {
    this.#chunks.push(chunk)
    for (let at = 0; at < chunk.length; at++) this.#look(chunk[at] ?? 0, this.#bytes + at + 1)
    this.#bytes += chunk.length
    if (this.#found === undefined || this.#bytes - this.#found.at < this.#largeBytes) return undefined
    const all = this.read()
    return { index: this.#found.index, before: all.subarray(0, this.#found.at), rest: all.subarray(this.#found.at) }
  }

  /** Everything that was read. */
  read(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #look(byte: number, next: number): void {
    if (this.#inString) {
      this.#lookInString(byte)
      return
    }
    const object = this.#within === 0 ? this.#objects.at(-1) : undefined
    switch (byte) {
      case 34: // "
        this.#inString = true
        if (object?.expectsKey === true) this.#keyBytes = []
        return
      case 44: // ,
        if (object !== undefined) object.expectsKey = true
        return
      case 58: // :
        if (object !== undefined) object.expectsKey = false
        return
      case 123: // {
        if (this.#within > 0 || this.#objects.length >= this.#maxDepth) this.#within++
        else this.#objects.push({ key: undefined, expectsKey: true })
        return
      case 91: // [
        if (this.#within++ === 0) this.#enterList(next)
        return
      case 93: case 125: // ] }
        if (this.#within === 0) this.#objects.pop()
        else if (--this.#within === 0) this.#found = undefined
        return
      default:
    }
  }

  #lookInString(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === 92) this.#escaped = true
    else if (byte === 34) {
      this.#inString = false
      this.#endKey()
      return
    }
    if (this.#keyBytes !== undefined && this.#keyBytes.length <= MAX_KEY_BYTES) this.#keyBytes.push(byte)
  }

  #endKey(): void {
    const object = this.#objects.at(-1)
    if (this.#keyBytes === undefined || object === undefined) return
    const text = Buffer.from(this.#keyBytes).toString('utf8')
    object.key = this.#keyBytes.length > MAX_KEY_BYTES ? undefined : text.includes('\\') ? unescaped(text) : text
    this.#keyBytes = undefined
  }

  #enterList(at: number): void {
    const index = this.#wanted.findIndex((wanted) => wanted.length === this.#objects.length && wanted.every((key, step) => key === this.#objects[step]?.key))
    if (index !== -1) this.#found = { index, at }
  }
}

function unescaped(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}
