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

/** The server does not speak HTTP/1.1 as it should, or says more than it may. */
export class Http1Error extends Error {
  override readonly name = 'Http1Error'
  /** It answered, but with something that is refused: too long, or a redirect. */
  readonly refused: boolean

  constructor(message: string, refused = false) {
    super(message)
    this.refused = refused
  }
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
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close'

interface Head {
  readonly status: number
  readonly coding: string
  readonly reusable: boolean
  readonly keepAliveSec: number | undefined
}

/**
 * Reads one HTTP/1.1 response from the bytes of a connection (RFC 9112). Strict: a response whose framing is doubtful
 * (two lengths, a length and chunks, folded headers, a transfer coding other than chunked) is refused.
 */
export class Http1Parser {
  readonly #maxBytes: number
  #state: State = 'head'
  #head: Head | undefined
  #pending: Buffer = NOTHING
  #left = 0
  #received = 0
  readonly #chunks: Buffer[] = []
  readonly #sink: LongBodySink | undefined
  #isHandedOver = false

  constructor(maxBytes: number, sink?: LongBodySink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
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
      this.#readHead(all.toString('latin1', 0, end))
      rest = all.subarray(end + 4)
      // An interim response (1xx) leaves the state as it was.
      if (this.#state === 'head' && rest.length === 0) return undefined
    }
    return this.#state === 'fixed' ? this.#readFixed(rest) : this.#state === 'until-close' ? this.#readUntilClose(rest) : this.#readChunks(rest)
  }

  /** The connection ended; returns the response if its end is the connection's. */
  end(): ParsedResponse | undefined {
    return this.#state === 'until-close' ? this.#whole(false) : undefined
  }

  #readHead(text: string): void {
    const [statusLine = '', ...lines] = text.split('\r\n')
    const match = STATUS_LINE.exec(statusLine)
    if (match === null) throw new Http1Error('this is not HTTP/1.1')
    const status = Number(match[2])
    if (status < 200) {
      if (status === 101) throw new Http1Error('the protocol was switched')
      return
    }
    const headers = readHeaders(lines)
    if (status >= 300 && status < 400) throw new Http1Error('it is a redirect', true)
    const connection = headers.get('connection')?.toLowerCase() ?? ''
    const reusable = match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive')
    const keepAlive = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]
    this.#head = { status, coding: (headers.get('content-encoding') ?? '').toLowerCase(), reusable, keepAliveSec: keepAlive === undefined ? undefined : Number(keepAlive) }
    this.#frame(headers, status)
  }

  #frame(headers: ReadonlyMap<string, string>, status: number): void {
    const transferCoding = headers.get('transfer-encoding')
    const length = headers.get('content-length')
    if (transferCoding !== undefined) {
      if (length !== undefined || transferCoding.toLowerCase() !== 'chunked') throw new Http1Error('the framing is doubtful')
      this.#state = 'chunk-size'
    } else if (length !== undefined || status === 204) {
      if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new Http1Error('the length is not a number')
      this.#left = status === 204 ? 0 : Number(length)
      if (this.#left > this.#limit) throw new Http1Error('it is longer than the size limit', true)
      this.#state = 'fixed'
    } else {
      this.#state = 'until-close'
    }
  }

  #readFixed(data: Buffer): ParsedResponse | undefined {
    if (data.length > this.#left) throw new Http1Error('more came than was announced')
    const head = this.#head
    if (data.length === this.#left && this.#chunks.length === 0 && head?.coding === '') {
      // The usual case: the whole body at once, never copied.
      return { ...head, body: data.toString('utf8') }
    }
    this.#keep(data)
    this.#left -= data.length
    return this.#left === 0 ? this.#whole(true) : undefined
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
        if (at < data.length) throw new Http1Error('more came than was announced')
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
    if (this.#isHandedOver) this.#sink?.data(chunk)
    else this.#chunks.push(chunk)
    if (!this.#isHandedOver && this.#sink !== undefined && this.#received > this.#sink.afterBytes && this.#isPlain) this.#handOver(this.#sink)
  }

  #handOver(sink: LongBodySink): void {
    this.#isHandedOver = true
    sink.begin()
    for (const chunk of this.#chunks.splice(0)) sink.data(chunk)
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
    const body = this.#chunks.length === 1 ? this.#chunks[0] ?? '' : Buffer.concat(this.#chunks)
    return { ...head, body, reusable: framed && head.reusable }
  }
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const match = HEADER_LINE.exec(line)
    if (match === null) throw new Http1Error('a header is malformed')
    const name = (match[1] ?? '').toLowerCase()
    const value = match[2] ?? ''
    const known = headers.get(name)
    if (known !== undefined && (name === 'content-length' || name === 'transfer-encoding') && known !== value) throw new Http1Error('the framing is doubtful')
    headers.set(name, known === undefined || known === value ? value : `${known}, ${value}`)
  }
  return headers
}
