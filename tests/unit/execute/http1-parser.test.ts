import { describe, expect, it } from 'vitest'
import { Http1Parser, type ParsedResponse } from '../../../gateway/execute/http1-parser.ts'

/** Feeds a response in pieces, over one buffer that is overwritten each time, as a connection does. */
function feed(text: string | Buffer, size: number, maxBytes = 1_000): ParsedResponse | undefined {
  const bytes = Buffer.from(text)
  const shared = Buffer.alloc(size)
  const parser = new Http1Parser(maxBytes)
  let response: ParsedResponse | undefined
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(shared, 0, at, Math.min(bytes.length, at + size))
    response = parser.push(shared.subarray(0, length))
    if (parser.rest.length > 0) throw new RangeError('more than one response')
  }
  return response ?? parser.end()
}

const BODY = '{"data":{"a":"ü😀"}}'
const half = Math.floor(Buffer.byteLength(BODY) / 2)
const chunk = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length.toString(16)};ext=1\r\n`), bytes, Buffer.from('\r\n')])
const RESPONSES: readonly (readonly [string, string | Buffer, boolean])[] = [
  ['of a known length', `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\nkeep-alive: timeout=7\r\n\r\n${BODY}`, true],
  ['in chunks', Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), chunk(Buffer.from(BODY).subarray(0, half)), chunk(Buffer.from(BODY).subarray(half)), Buffer.from('0\r\nx-trailer: 1\r\n\r\n')]), true],
  ['that ends with the connection', `HTTP/1.1 200 OK\r\n\r\n${BODY}`, false],
  ['after an interim response', `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\nconnection: close\r\n\r\n${BODY}`, false],
]

describe('HTTP/1.1 parser', () => {
  it.each(RESPONSES)('reads a response %s, however it is cut into pieces', (_name, text, reusable) => {
    for (let size = 1; size <= text.length; size++) {
      const response = feed(text, size)
      expect([response?.status, String(response?.body), response?.reusable]).toEqual([200, BODY, reusable])
    }
  })

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n'],
    ['another transfer coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n'],
    ['another protocol', 'RTSP/1.0 200 OK\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n'],
    ['a chunk that is longer than announced', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\na\n0\n\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['an endless line between chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`],
  ])('F15 refuses %s', (_name, text) => {
    expect(() => feed(text, 4_096)).toThrow(expect.objectContaining({ name: 'Http1Error', refused: false }))
  })

  it.each([
    ['a length', `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`],
    ['chunks', Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), chunk(Buffer.from(BODY)), Buffer.from('0\r\n\r\n')]).toString('utf8')],
  ])('hands back what comes after a response of %s, however it is cut into pieces', (_name, text) => {
    const bytes = Buffer.from(`${text}HTTP/1.1 204`)
    for (let cut = 0; cut < bytes.length; cut++) {
      const parser = new Http1Parser(1_000)
      const early = parser.push(bytes.subarray(0, cut))
      const response = early ?? parser.push(bytes.subarray(cut))
      expect(String(response?.body)).toBe(BODY)
      expect(`${parser.rest.toString()}${early === undefined ? '' : bytes.subarray(cut).toString()}`).toBe('HTTP/1.1 204')
    }
  })

  it.each([
    ['F13 a length beyond the cap', 'HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n'],
    ['F13 chunks beyond the cap', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${'a'.repeat(2_000)}\r\n`],
    ['F13 a body without end', `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(2_000)}`],
    ['F17 a redirect', 'HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n'],
  ])('%s is refused as an answer', (_name, text) => {
    expect(() => feed(text, 256)).toThrow(expect.objectContaining({ name: 'Http1Error', refused: true }))
  })
})
