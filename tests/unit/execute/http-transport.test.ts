import { GatewayError } from '@polyseme/kit/errors'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { lookup } from 'node:dns'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedLookup } from '../../../gateway/execute/guarded-lookup.ts'
import { HttpTransport, type HttpTransportOptions, type SubgraphAnswer } from '../../../gateway/execute/index.ts'
import { TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const OPERATION = { text: 'query Q { a }', name: 'Q', kind: 'query' as const }
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => { server.close(resolve) })
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

function http(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return listen(createHttpServer((request, response) => {
    request.resume()
    request.on('end', () => handler(request, response))
  }))
}

function tcp(onSocket: (socket: Socket) => void): Promise<string> {
  return listen(createTcpServer(onSocket))
}

function send(url: string, options: Partial<HttpTransportOptions> = {}, signal = new AbortController().signal): Promise<SubgraphAnswer> {
  const transport = new HttpTransport({ subgraph: 'sales', url, identityFor: async () => 'signed', ...options })
  closers.push(() => transport.close())
  const call = { principal: TEST_PRINCIPAL, masks: {}, rowRestrictions: {}, accessFingerprint: 'f', signal }
  return transport.send({ operation: OPERATION, variablesText: '{"x":1}' }, call)
}

async function failure(promise: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('did not fail')
}

const json = (response: ServerResponse, body: string): void => {
  response.setHeader('content-type', 'application/json')
  response.end(body)
}

it('a call is signed anew when its masks or row restrictions are others, and not when they are the same', async () => {
  const signed: string[] = []
  const url = await http((_request, response) => void response.setHeader('content-type', 'application/json').end('{"data":{}}'))
  const transport = new HttpTransport({ subgraph: 'sales', url, identityFor: async (_subgraph, _principal, masks, rows) => {
    signed.push(`${Object.keys(masks).join()} ${Object.keys(rows).join()}`)
    return `signed-${signed.length}`
  } })
  closers.push(() => transport.close())
  const [masks, rowRestrictions] = [{}, {}]
  for (const rights of [{ masks, rowRestrictions }, { masks, rowRestrictions }, { masks, rowRestrictions: { SalesCustomer: [] } }, { masks: { 'A.b': { kind: 'null' as const } }, rowRestrictions }]) {
    await transport.send({ operation: OPERATION, variablesText: '{}' }, { principal: TEST_PRINCIPAL, ...rights, accessFingerprint: 'f', signal: new AbortController().signal })
  }
  expect(signed).toEqual([' ', ' SalesCustomer', 'A.b '])
})

describe('HTTP transport', () => {
  it('F20 sends only its own headers, with the signed identity, and the operation', async () => {
    let seen: { readonly method: string | undefined; readonly url: string | undefined; readonly headers: string[] } | undefined
    let body = ''
    const url = await listen(createHttpServer((request, response) => {
      seen = { method: request.method, url: request.url, headers: Object.keys(request.headers).sort() }
      request.on('data', (chunk: Buffer) => { body += chunk.toString() })
      request.on('end', () => json(response, '{"data":{"a":1}}'))
    }))
    await expect(send(url)).resolves.toEqual({ data: { a: 1 }, errors: [] })
    expect(seen).toEqual({
      method: 'POST',
      url: '/graphql',
      headers: ['accept', 'connection', 'content-length', 'content-type', 'host', 'polyseme-identity'],
    })
    expect(JSON.parse(body)).toEqual({ operationName: 'Q', query: 'query Q { a }', variables: { x: 1 } })
  })

  it('F11 ends an answer that drips a byte at a time at the total deadline', async () => {
    const url = await http((_request, response) => {
      response.write('{"data":')
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    const startedAt = performance.now()
    await expect(failure(send(url, { timeoutMs: 150 }))).resolves.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('F12 gives up on a subgraph that accepts and says nothing', async () => {
    const url = await tcp(() => {})
    await expect(failure(send(url, { timeoutMs: 100 }))).resolves.toEqual({ code: 'SUBGRAPH_TIMEOUT', message: 'the domain "sales" did not answer in time' })
  })

  it('F13 aborts an endless body at the cap', async () => {
    let closed: (() => void) | undefined
    const aborted = new Promise<void>((resolve) => { closed = resolve })
    const url = await http((_request, response) => {
      const chunk = Buffer.alloc(16_384, 32)
      const pump = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pump)
      response.on('close', () => closed?.())
      pump()
    })
    await expect(failure(send(url, { maxResponseBytes: 100_000 }))).resolves.toMatchObject({ code: 'SUBGRAPH_RESPONSE_INVALID' })
    await aborted
  })

  it.each([['gzip', gzipSync], ['br', brotliCompressSync]] as const)('F14 stops a %s bomb at the cap after decompression', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(20_000_000, 32))
    const url = await http((_request, response) => {
      response.setHeader('content-encoding', coding)
      response.end(bomb)
    })
    await expect(failure(send(url, { maxResponseBytes: 1_000_000 }))).resolves.toMatchObject({ code: 'SUBGRAPH_RESPONSE_INVALID' })
  })

  it('reads a compressed answer', async () => {
    const url = await http((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync('{"data":{"a":2}}'))
    })
    await expect(send(url)).resolves.toEqual({ data: { a: 2 }, errors: [] })
  })

  it.each([
    ['truncated JSON', '{"data":{"a":'],
    ['a 100,000-deep list as data', `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['data twice', '{"data":{"a":{"x":1}},"data":{"a":{"y":2}}}'],
    ['a key twice', '{"data":{"a":{"x":1,"y":2,"x":3}}}'],
    ['data that is a list', '{"data":[]}'],
    ['a bare string', '"data"'],
    ['nothing', ''],
    ['errors that are no list', '{"data":null,"errors":{}}'],
    ['neither data nor errors', '{}'],
  ])('F15 names the subgraph and not its address when the answer is %s', async (_name, body) => {
    const url = await http((_request, response) => json(response, body))
    const { code, message } = await failure(send(url))
    expect(code).toBe('SUBGRAPH_RESPONSE_INVALID')
    expect(message).toContain('"sales"')
    expect(message).not.toContain('127.0.0.1')
  })

  it('F16 masks an HTML error page with a stack trace', async () => {
    const url = await http((_request, response) => {
      response.statusCode = 500
      response.end('<html>Error: secret at /srv/app.js:1</html>')
    })
    await expect(failure(send(url))).resolves.toEqual({ code: 'SUBGRAPH_UNAVAILABLE', message: 'the domain "sales" is not available' })
  })

  it('F17 refuses a redirect without following it', async () => {
    let followed = 0
    const target = await http((_request, response) => {
      followed++
      json(response, '{"data":{"a":1}}')
    })
    const url = await http((_request, response) => {
      response.writeHead(307, { location: target })
      response.end()
    })
    await expect(failure(send(url))).resolves.toMatchObject({ code: 'SUBGRAPH_RESPONSE_INVALID' })
    expect(followed).toBe(0)
  })

  it('sends no request that is longer than allowed, and says what would help', async () => {
    let requests = 0
    const url = await http((_request, response) => {
      requests++
      response.end('{"data":{"a":1}}')
    })
    // {"operationName":"Q","query":"query Q { a }","variables":{"x":1}}
    expect(await send(url, { maxRequestBytes: 65 })).toEqual({ data: { a: 1 }, errors: [] })
    expect(await failure(send(url, { maxRequestBytes: 64 }))).toEqual({ code: 'OPERATION_LIMIT_EXCEEDED', message: 'The operation needs a request of 65 bytes to the domain "sales"; at most 64 are allowed. Ask for fewer items.' })
    expect(requests).toBe(1)
  })

  it('G14 keeps a subgraph\'s __proto__ key off Object.prototype', async () => {
    const url = await http((_request, response) => json(response, '{"data":{"__proto__":{"polluted":1}}}'))
    await send(url)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('T01 reports a refused connection as an unavailable domain', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => { server.close(resolve) })
    await expect(failure(send(`http://127.0.0.1:${port}/graphql`))).resolves.toEqual({ code: 'SUBGRAPH_UNAVAILABLE', message: 'the domain "sales" is not available' })
  })

  it('T06 masks garbage instead of HTTP', async () => {
    const url = await tcp((socket) => {
      socket.on('data', () => socket.end('\u0000\u0001garbage\r\n\r\n'))
    })
    await expect(failure(send(url))).resolves.toEqual({ code: 'SUBGRAPH_UNAVAILABLE', message: 'the domain "sales" is not available' })
  })

  it('T07 never takes a body that was cut off for complete', async () => {
    const url = await tcp((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"data":{"a":1}}')
        socket.destroy()
      })
    })
    await expect(failure(send(url))).resolves.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  })

  it('T39 aborts the request to the subgraph when the client leaves', async () => {
    const client = new AbortController()
    let closed: (() => void) | undefined
    const aborted = new Promise<void>((resolve) => { closed = resolve })
    const url = await tcp((socket) => {
      socket.on('data', () => client.abort())
      socket.on('close', () => closed?.())
    })
    await expect(failure(send(url, {}, client.signal))).resolves.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    await aborted
  })

  it('passes on the errors of a subgraph that refuses with a GraphQL answer', async () => {
    const url = await http((_request, response) => {
      response.statusCode = 401
      json(response, '{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}')
    })
    await expect(send(url)).resolves.toEqual({ data: undefined, errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it.each(['169.254.169.254', '100.100.100.200', '0.0.0.0', 'fe80::1', 'fd00:ec2::254', '::ffff:169.254.169.254'])('F18 connects to no name that leads to %s, however it led elsewhere before', async (address) => {
    let calls = 0
    const url = new URL(await http((_request, response) => { calls += 1; json(response, '{"data":{"a":1}}') }))
    url.hostname = 'rebound.test'
    const addresses = ['127.0.0.1', address]
    // Resolves to loopback first, which is what a check would see, and then elsewhere.
    const resolver = ((_name: string, _options: unknown, callback: (error: null, found: { readonly address: string; readonly family: number }[]) => void) => {
      const next = addresses.shift() ?? address
      callback(null, [{ address: '127.0.0.1', family: 4 }, { address: next, family: next.includes(':') ? 6 : 4 }])
    }) as unknown as typeof lookup
    const guarded = createGuardedLookup(resolver)
    await expect(send(url.href, { lookup: guarded })).resolves.toEqual({ data: { a: 1 }, errors: [] })
    expect(await failure(send(url.href, { lookup: guarded }))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', message: expect.not.stringContaining(address) as string })
    url.protocol = 'https:'
    expect(await failure(send(url.href, { lookup: guarded }))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
    expect(calls).toBe(1)
  })

  it('F18 resolves names as the system does, and says that one is not known', async () => {
    const url = new URL(await http((_request, response) => json(response, '{"data":{"a":1}}')))
    url.hostname = 'localhost'
    await expect(send(url.href)).resolves.toEqual({ data: { a: 1 }, errors: [] })
    expect(await failure(send('http://no-such-host.invalid:1/'))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  })
})
