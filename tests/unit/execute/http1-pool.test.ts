import { once } from 'node:events'
import { lookup } from 'node:dns'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Http1Pool, type Http1PoolOptions } from '../../../gateway/execute/http1-pool.ts'
import type { Http1Exchange } from '../../../gateway/execute/http1-exchange.ts'
import { eventually } from '../../testkit/eventually.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface TestServer {
  readonly port: number
  readonly connections: readonly Socket[]
  /** Paths asked for, of each connection in order. */
  readonly asked: readonly string[][]
}

/** A server that answers only what the test says. */
async function startServer(): Promise<TestServer> {
  const connections: Socket[] = []
  const asked: string[][] = []
  const server = createServer((socket) => {
    const own: string[] = []
    connections.push(socket)
    asked.push(own)
    socket.on('error', () => socket.destroy())
    socket.on('data', (data: Buffer) => {
      for (const [, path] of data.toString('latin1').matchAll(/GET (\S+) HTTP/g)) own.push(path ?? '')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections, asked }
}

function openPool(port: number, options: Partial<Http1PoolOptions> = {}): Http1Pool {
  const pool = new Http1Pool({ host: '127.0.0.1', port, maxBytes: 10_000, maxConnections: 1, pipelining: 1, lookup, ...options })
  closing.push(() => pool.close())
  return pool
}

interface Sent {
  readonly exchange: Http1Exchange
  readonly answer: Promise<string>
}

function get(pool: Http1Pool, path: string, repeatable = true): Sent {
  const { promise, resolve } = Promise.withResolvers<string>()
  const exchange = pool.send({ text: `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`, ascii: true, repeatable }, {
    onResponse: ({ body }) => resolve(String(body)),
    onError: (error) => resolve(`failed: ${error.message}`),
  })
  return { exchange, answer: promise }
}

const response = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('pool of plain connections', () => {
  it('sends one request at a time on a connection unless told otherwise', async () => {
    const server = await startServer()
    const pool = openPool(server.port)
    const [first, second] = [get(pool, '/1'), get(pool, '/2')]
    await eventually(async () => expect(server.asked).toEqual([['/1']]))
    server.connections[0]?.write(response('one'))
    expect(await first.answer).toBe('one')
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2']]))
    server.connections[0]?.write(response('two'))
    expect(await second.answer).toBe('two')
  })

  it('sends further queries behind others when all connections are taken, and tells their responses apart by order', async () => {
    const server = await startServer()
    const pool = openPool(server.port, { pipelining: 3 })
    const sent = ['/1', '/2', '/3', '/4'].map((path) => get(pool, path))
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2', '/3']]))
    const both = response('one') + response('two')
    server.connections[0]?.write(both.slice(0, 45))
    expect(await sent[0]?.answer).toBe('one')
    server.connections[0]?.write(both.slice(45))
    expect(await sent[1]?.answer).toBe('two')
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2', '/3', '/4']]))
    server.connections[0]?.write(response('three') + response('four'))
    expect(await Promise.all(sent.map(async ({ answer }) => await answer))).toEqual(['one', 'two', 'three', 'four'])
  })

  it('T09 never sends a mutation behind another request, nor another behind it', async () => {
    const server = await startServer()
    const pool = openPool(server.port, { pipelining: 4 })
    const mutation = get(pool, '/mutation', false)
    const queries = [get(pool, '/1'), get(pool, '/2')]
    const last = get(pool, '/last', false)
    await eventually(async () => expect(server.asked).toEqual([['/mutation']]))
    server.connections[0]?.write(response('done'))
    expect(await mutation.answer).toBe('done')
    await eventually(async () => expect(server.asked).toEqual([['/mutation', '/1', '/2']]))
    server.connections[0]?.write(response('one') + response('two'))
    expect(await Promise.all(queries.map(async ({ answer }) => await answer))).toEqual(['one', 'two'])
    await eventually(async () => expect(server.asked).toEqual([['/mutation', '/1', '/2', '/last']]))
    server.connections[0]?.write(response('last'))
    expect(await last.answer).toBe('last')
  })

  it('T39 a request that is given up takes nothing away from those sent with it, and nothing is sent behind it', async () => {
    const server = await startServer()
    const pool = openPool(server.port, { pipelining: 2 })
    const [first, second] = [get(pool, '/1'), get(pool, '/2')]
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2']]))
    first.exchange.cancel()
    const third = get(pool, '/3')
    server.connections[0]?.write(response('one') + response('two'))
    expect(await second.answer).toBe('two')
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2', '/3']]))
    server.connections[0]?.write(response('three'))
    expect(await third.answer).toBe('three')
  })

  it('T39 closes a connection on which nobody waits any more', async () => {
    const server = await startServer()
    const pool = openPool(server.port, { pipelining: 2 })
    const sent = [get(pool, '/1'), get(pool, '/2')]
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2']]))
    for (const { exchange } of sent) exchange.cancel()
    await eventually(async () => expect(server.connections[0]?.readableEnded).toBe(true))
  })

  it('T07 a connection that breaks fails all that were sent on it', async () => {
    const server = await startServer()
    const pool = openPool(server.port, { pipelining: 2 })
    const sent = [get(pool, '/1'), get(pool, '/2')]
    await eventually(async () => expect(server.asked).toEqual([['/1', '/2']]))
    server.connections[0]?.write(response('one').slice(0, -1))
    server.connections[0]?.end()
    expect(await Promise.all(sent.map(async ({ answer }) => await answer))).toEqual(['failed: the connection ended', 'failed: the connection ended'])
  })

  it.each([
    ['bytes after the announced length', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab'],
    ['a second response', response('a') + response('b')],
    ['bytes after the last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n'],
  ])('F15 takes nothing of a response that %s follow, unless a request waits for them', async (_name, text) => {
    const server = await startServer()
    const sent = get(openPool(server.port), '/1')
    await eventually(async () => expect(server.asked).toEqual([['/1']]))
    server.connections[0]?.write(text)
    expect(await sent.answer).toBe('failed: more came than was announced')
  })
})
