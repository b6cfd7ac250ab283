import { Http1Error } from './http1-error.ts'

/** Status line and headers of a response, as far as they matter here. */
export interface Http1Head {
  readonly status: number
  /** Content coding, lower case; empty when there is none. */
  readonly coding: string
  /** Whether the server keeps the connection after this response. */
  readonly reusable: boolean
  /** How long the server keeps an idle connection, if it says so. */
  readonly keepAliveSec: number | undefined
  /** Bytes of the body, or how its end is told. */
  readonly body: number | 'chunked' | 'until-close'
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/

// A server says the same head again and again, but for the length and the second.
const known = new Map<string, Http1Head>()
const MAX_KNOWN = 64
const MAX_KNOWN_CHARS = 1_024

/**
 * Reads a response's head, without its empty line; undefined for an interim response (1xx). A head whose framing is
 * doubtful (two lengths, a length and chunks, folded headers, a transfer coding other than chunked) is refused.
 *
 * @throws Http1Error
 */
export function readHttp1Head(text: string): Http1Head | undefined {
  const same = known.get(text)
  if (same !== undefined) return same
  const head = parseHead(text)
  if (head !== undefined && text.length <= MAX_KNOWN_CHARS) {
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(text, head)
  }
  return head
}

function parseHead(text: string): Http1Head | undefined {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const match = STATUS_LINE.exec(statusLine)
  if (match === null) throw new Http1Error('this is not HTTP/1.1')
  const status = Number(match[2])
  if (status < 200) {
    if (status === 101) throw new Http1Error('the protocol was switched')
    return undefined
  }
  const headers = readHeaders(lines)
  if (status >= 300 && status < 400) throw new Http1Error('it is a redirect', true)
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  const keepAlive = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]
  return {
    status,
    coding: (headers.get('content-encoding') ?? '').toLowerCase(),
    reusable: match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive'),
    keepAliveSec: keepAlive === undefined ? undefined : Number(keepAlive),
    body: framingOf(headers, status),
  }
}

function framingOf(headers: ReadonlyMap<string, string>, status: number): Http1Head['body'] {
  const transferCoding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (transferCoding !== undefined) {
    if (length !== undefined || transferCoding.toLowerCase() !== 'chunked') throw new Http1Error('the framing is doubtful')
    return 'chunked'
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new Http1Error('the length is not a number')
  if (status === 204) return 0
  return length === undefined ? 'until-close' : Number(length)
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const match = HEADER_LINE.exec(line)
    if (match === null) throw new Http1Error('a header is malformed')
    const name = (match[1] ?? '').toLowerCase()
    const value = match[2] ?? ''
    const before = headers.get(name)
    if (before !== undefined && (name === 'content-length' || name === 'transfer-encoding') && before !== value) throw new Http1Error('the framing is doubtful')
    headers.set(name, before === undefined || before === value ? value : `${before}, ${value}`)
  }
  return headers
}
