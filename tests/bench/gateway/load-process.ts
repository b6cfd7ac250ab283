/**
 * A closed loop of clients on bare sockets, as a process. Arguments: JSON with url, connections, durationMs, body, headers.
 * Prints one line of JSON: requests per second, latencies, bytes, whether any answer differed from the first.
 */
import { connect, type Socket } from 'node:net'

interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly durationMs: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions
const { hostname, port, pathname } = new URL(options.url)
const headers = Object.entries({ host: `${hostname}:${port}`, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(options.body)), ...options.headers })
const request = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${options.body}`)

const latencies: number[] = []
let bytes = 0
let failures = 0
let sample = ''
const startedAt = performance.now()
const endsAt = startedAt + options.durationMs

function client(): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let sentAt = 0
    let chunks: Buffer[] = []
    let received = 0
    let expected = -1
    const next = (): void => {
      if (performance.now() >= endsAt) {
        socket.destroy()
        resolve()
        return
      }
      chunks = []
      received = 0
      expected = -1
      sentAt = performance.now()
      socket.write(request)
    }
    socket.on('connect', next)
    socket.on('error', () => {
      failures++
      resolve()
    })
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (expected === -1) {
        chunks.push(chunk)
        const text = Buffer.concat(chunks).toString('latin1', 0, 4096)
        const end = text.indexOf('\r\n\r\n')
        if (end === -1) return
        const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? Number.NaN)
        if (!text.startsWith('HTTP/1.1 200') || Number.isNaN(length)) {
          failures++
          sample ||= text
          socket.destroy()
          resolve()
          return
        }
        expected = end + 4 + length
        bytes = length
      }
      if (received >= expected) {
        latencies.push(performance.now() - sentAt)
        next()
      }
    })
  })
}

await Promise.all(Array.from({ length: options.connections }, client))
const seconds = (performance.now() - startedAt) / 1_000
latencies.sort((left, right) => left - right)
const quantile = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN
console.log(JSON.stringify({ requests: latencies.length, perSecond: latencies.length / seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), bytes, failures, sample }))
