import { Http1Error } from './http1-error.ts'
import { readHttp1Head, type Http1Head } from './http1-head.ts'

/** What the parser has read of one response, once it is whole. */
export interface ParsedResponse {
  readonly status: number
  /** Content coding, lower case; empty when there is none. */
  readonly coding: string
  readonly body: Buffer | string
  /** Whether another request may follow on the connection. */
  readonly reusable: boolean
  /** How long the server keeps an idle connection, if it says so. */
  readonly keepAliveSec: number | undefined
}

/** Takes over a body that proves to be long; then the response comes without it. */
export interface LongBodySink {
  readonly afterBytes: number
  readonly maxBytes: number
  begin(): void
  data(chunk: Buffer): void
}

const MAX_HEAD_BYTES = 32_768
const MAX_LINE_BYTES = 1_024
const NOTHING = Buffer.alloc(0)

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close'

/** Reads one HTTP/1.1 response from the bytes of a connection (RFC 9112). Strict; see `readHttp1Head`. */
export class Http1Parser {
  readonly #maxBytes: number
  #state: State = 'head'
  #head: Http1Head | undefined
  #pending: Buffer = NOTHING
  #left = 0
  #received = 0
  #chunks: Buffer[] | undefined
  readonly #sink: LongBodySink | undefined
  #isHandedOver = false
  #rest: Buffer = NOTHING

  constructor(maxBytes: number, sink?: LongBodySink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Bytes of the last push that come after the response, once it is whole. */
  get rest(): Buffer {
    return this.#rest
  }

  /**
   * Takes bytes that may be overwritten afterwards. Returns the response when it is whole.
   *
   * @throws Http1Error
   */
  push(data: Buffer): ParsedResponse | undefined {
    let rest = data
    while (this.#state === 'head') {
      const all = this.#pending.length === 0 ? rest : Buffer.concat([this.#pending, rest])
      const end = all.indexOf('\r\n\r\n')
      if (end === -1 || end > MAX_HEAD_BYTES) {
        if (all.length > MAX_HEAD_BYTES) throw new Http1Error('the headers are too long')
        this.#pending = Buffer.from(all)
        return undefined
      }
      this.#pending = NOTHING
      const head = readHttp1Head(all.toString('latin1', 0, end))
      rest = all.subarray(end + 4)
      if (head !== undefined) this.#begin(head)
      // An interim response leaves the state as it was.
      else if (rest.length === 0) return undefined
    }
    return this.#state === 'fixed' ? this.#readFixed(rest) : this.#state === 'until-close' ? this.#readUntilClose(rest) : this.#readChunks(rest)
  }

  /** The connection ended; returns the response if its end is the connection's. */
  end(): ParsedResponse | undefined {
    return this.#state === 'until-close' ? this.#whole(false) : undefined
  }

  #begin(head: Http1Head): void {
    this.#head = head
    if (head.body === 'chunked') this.#state = 'chunk-size'
    else if (head.body === 'until-close') this.#state = 'until-close'
    else {
      this.#left = head.body
      if (this.#left > this.#limit) throw new Http1Error('it is longer than the size limit', true)
      this.#state = 'fixed'
    }
  }

  #readFixed(data: Buffer): ParsedResponse | undefined {
    const head = this.#head
    if (head?.coding === '' && this.#chunks === undefined && data.length >= this.#left) {
      // The usual case: the whole body at once, never copied.
      if (data.length > this.#left) this.#rest = data.subarray(this.#left)
      return { status: head.status, coding: '', body: data.toString('utf8', 0, this.#left), reusable: head.reusable, keepAliveSec: head.keepAliveSec }
    }
    const own = data.subarray(0, this.#left)
    this.#keep(own)
    this.#left -= own.length
    if (this.#left > 0) return undefined
    this.#rest = data.subarray(own.length)
    return this.#whole(true)
  }

  #readUntilClose(data: Buffer): undefined {
    this.#keep(data)
  }

  #readChunks(data: Buffer): ParsedResponse | undefined {
    let at = 0
    while (at < data.length) {
      if (this.#state === 'chunk-data') {
        const end = Math.min(data.length, at + this.#left)
        this.#keep(data.subarray(at, end))
        this.#left -= end - at
        at = end
        if (this.#left === 0) this.#state = 'chunk-end'
        continue
      }
      const newline = data.indexOf(10, at)
      const line = Buffer.concat([this.#pending, data.subarray(at, newline === -1 ? data.length : newline + 1)])
      if (line.length > MAX_LINE_BYTES) throw new Http1Error('a line between chunks is too long')
      if (newline === -1) {
        this.#pending = line
        return undefined
      }
      this.#pending = NOTHING
      at = newline + 1
      if (this.#readLine(line.toString('latin1'))) {
        this.#rest = data.subarray(at)
        return this.#whole(true)
      }
    }
    return undefined
  }

  /** A line between chunks; true at the end of the response. */
  #readLine(line: string): boolean {
    if (!line.endsWith('\r\n')) throw new Http1Error('a line does not end as it should')
    const text = line.slice(0, -2)
    if (this.#state === 'trailer') return text === ''
    if (this.#state === 'chunk-end') {
      if (text !== '') throw new Http1Error('a chunk is longer than announced')
      this.#state = 'chunk-size'
      return false
    }
    const size = /^([0-9A-Fa-f]{1,8})(?:;.*)?$/.exec(text)?.[1]
    if (size === undefined) throw new Http1Error('the size of a chunk is not a number')
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'chunk-data'
    return false
  }

  #keep(data: Buffer): void {
    this.#received += data.length
    if (this.#received > this.#limit) throw new Http1Error('it is longer than the size limit', true)
    if (data.length === 0) return
    const chunk = Buffer.from(data)
    if (this.#isHandedOver) {
      this.#sink?.data(chunk)
      return
    }
    const chunks = (this.#chunks ??= [])
    chunks.push(chunk)
    if (this.#sink !== undefined && this.#received > this.#sink.afterBytes && this.#isPlain) this.#handOver(this.#sink, chunks)
  }

  #handOver(sink: LongBodySink, chunks: Buffer[]): void {
    this.#isHandedOver = true
    sink.begin()
    for (const chunk of chunks.splice(0)) sink.data(chunk)
  }

  /** An answer as it should be, whose bytes are its text. */
  get #isPlain(): boolean {
    const head = this.#head
    return head !== undefined && head.coding === '' && head.status < 300
  }

  get #limit(): number {
    return this.#sink !== undefined && this.#isPlain ? this.#sink.maxBytes : this.#maxBytes
  }

  #whole(framed: boolean): ParsedResponse {
    const head = this.#head
    if (head === undefined) throw new Http1Error('a body without a head')
    const chunks = this.#chunks ?? []
    const body = chunks.length === 1 ? chunks[0] ?? '' : Buffer.concat(chunks)
    return { status: head.status, coding: head.coding, body, reusable: framed && head.reusable, keepAliveSec: head.keepAliveSec }
  }
}
