import { GatewayError } from '@polyseme/kit/errors'
import { createLog, listen, sendJson, type HttpListener, type Route } from '../../../gateway/serve/index.ts'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let listener: HttpListener
let lines: string[]

beforeEach(async () => {
  lines = []
  listener = await listen({ host: '127.0.0.1', port: 0, log: createLog((line) => lines.push(line)) })
})

afterEach(async () => {
  await listener.close(100)
})

const hello: Route = { path: '/hello', handle: async (exchange) => sendJson(exchange, 200, { hello: 'world' }) }

async function get(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(`${listener.url}${path}`, init)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** What a raw client gets that sends these bytes. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(listener.port, '127.0.0.1')
  socket.write(bytes)
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  await once(socket, 'close')
  return answer
}

describe('the HTTP listener', () => {
  it('answers 503 with Retry-After until it has routes', async () => {
    const { status, headers, body } = await get('/hello')
    expect({ status, body }).toEqual({ status: 503, body: { errors: [{ message: 'the gateway is starting', extensions: { code: 'OVERLOADED' } }] } })
    expect(headers.get('retry-after')).toBe('5')
  })

  it('answers what it has a route for while the rest is still starting', async () => {
    listener.serve([hello], { complete: false })
    expect((await get('/hello')).status).toBe(200)
    expect((await get('/graphql')).status).toBe(503)
  })

  it('answers 404 without saying what else is there', async () => {
    listener.serve([hello])
    for (const path of ['/none', '/hello/', '/hello/x', '//hello', '/%68ello']) {
      expect(await get(path)).toMatchObject({ status: 404, body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] } })
    }
  })

  it('sends no answer that a browser would sniff, frame or keep', async () => {
    listener.serve([hello])
    const { headers } = await get('/hello?x=1')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
  })

  it('lets no other origin read, whatever it sends', async () => {
    listener.serve([hello])
    for (const init of [{ headers: { origin: 'https://evil.example' } }, { method: 'OPTIONS', headers: { 'origin': 'https://evil.example', 'access-control-request-method': 'POST' } }]) {
      const { headers } = await get('/hello', init)
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  it('gives each request an id of its own and ignores the one that a client brings', async () => {
    listener.serve([hello])
    const ids = await Promise.all([1, 2].map(async () => (await get('/hello', { headers: { 'x-request-id': 'mine' } })).headers.get('x-request-id')))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('says which port is in use', async () => {
    await expect(listen({ host: '127.0.0.1', port: listener.port, log: createLog(() => undefined) })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `port ${listener.port} on 127.0.0.1 is in use; choose another with --port`,
    })
  })

  it('says that an address is not one of this machine', async () => {
    await expect(listen({ host: '192.0.2.1', port: 0, log: createLog(() => undefined) })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: '192.0.2.1 is no address of this machine' })
  })
})

describe('a request that fails', () => {
  it('T44 fails alone: an exception in one request leaves the others whole', async () => {
    listener.serve([hello, { path: '/broken', handle: async () => { throw new Error('secret of the inside') } }])
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, index) => await get(index % 2 === 0 ? '/hello' : '/broken')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 200 : 500)))
  })

  it('tells the client an id and the log what happened', async () => {
    listener.serve([{ path: '/broken', handle: async () => { throw new TypeError('secret of the inside', { cause: new Error('and its cause') }) } }])
    const { headers, body } = await get('/broken')
    const requestId = headers.get('x-request-id')
    expect(body).toEqual({ errors: [{ message: 'An internal error; report the request id.', extensions: { code: 'INTERNAL', requestId } }] })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', event: 'request failed', requestId, code: 'INTERNAL', cause: expect.stringMatching(/secret of the inside[^]*and its cause/) })
  })

  it('logs nothing for an error that the client was told', async () => {
    listener.serve([{ path: '/refused', handle: async () => { throw new GatewayError('BAD_REQUEST', 'no', { details: { limit: 3 } }) } }])
    expect(await get('/refused')).toMatchObject({ status: 400, body: { errors: [{ message: 'no', extensions: { code: 'BAD_REQUEST', limit: 3 } }] } })
    expect(lines).toEqual([])
  })

  it('cuts the connection when it fails after the answer began, so that a part never passes for the whole', async () => {
    listener.serve([{ path: '/part', handle: async ({ response }) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('part')
      throw new Error('in the middle')
    } }])
    await expect(get('/part')).rejects.toThrow()
  })

  it('X03 writes one line a log entry, whatever it is about', async () => {
    const log = createLog((line) => lines.push(line))
    log.warn('notice', { name: 'a\nb\u001B[31mred' })
    expect(lines).toHaveLength(1)
    // eslint-disable-next-line no-control-regex -- the absence of control characters is the point
    expect(lines[0]).not.toMatch(/[\u0000-\u001F]/)
  })
})

describe('a client that misbehaves', () => {
  it('J13 sends 64 KB of headers: refused before they are read', async () => {
    listener.serve([hello])
    const answer = await sendRaw(`GET /hello HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${'a'.repeat(65_536)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"PAYLOAD_TOO_LARGE"/)
    expect(answer).not.toContain('aaaa')
  })

  it('sends no HTTP: gets one answer in form and is cut off', async () => {
    expect(await sendRaw('hello gateway\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request[^]*"code":"BAD_REQUEST"/)
  })

  it('T39 goes away: the work for it is told to stop', async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    listener.serve([{ path: '/slow', handle: async ({ signal }) => {
      signal.addEventListener('abort', () => resolve())
      begin()
      await stopped
    } }])
    const client = httpRequest(`${listener.url}/slow`)
    client.on('error', () => undefined)
    client.end()
    await begun
    client.destroy()
    await stopped
  })

  it('stays: the work for it is not told to stop when its answer is complete', async () => {
    let aborted = 0
    listener.serve([{ path: '/hello', handle: async (exchange) => {
      exchange.signal.addEventListener('abort', () => (aborted += 1))
      sendJson(exchange, 200, {})
    } }])
    await get('/hello')
    await listener.close(100)
    expect(aborted).toBe(0)
  })
})

/** `/slow` answers when it is released. */
function serveSlow(): { readonly begun: Promise<void>; readonly release: () => void } {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  listener.serve([{ path: '/slow', handle: async (exchange) => {
    begin()
    await released
    sendJson(exchange, 200, { whole: true })
  } }])
  return { begun, release }
}

describe('stopping', () => {
  it('T25 finishes the answer under way, takes no new connection, and closes', async () => {
    const { begun, release } = serveSlow()
    const answer = get('/slow')
    await begun
    const closed = listener.close()
    await expect(fetch(`${listener.url}/slow`)).rejects.toThrow()
    release()
    expect(await answer).toMatchObject({ status: 200, body: { whole: true } })
    await closed
  })

  it('does not wait for a connection that never asked anything', async () => {
    listener.serve([hello])
    const socket = connect(listener.port, '127.0.0.1')
    await once(socket, 'connect')
    await get('/hello')
    const begun = performance.now()
    await listener.close(5_000)
    expect(performance.now() - begun).toBeLessThan(1_000)
    socket.destroy()
  })

  it('T25 tells what it cuts off that the gateway stops, and waits for its end', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    let ended: unknown
    listener.serve([{ path: '/long', handle: async ({ signal }) => {
      begin()
      await once(signal, 'abort')
      await delay(100)
      ended = signal.reason
    } }])
    const answer = get('/long')
    answer.catch(() => undefined)
    await begun
    await listener.close(500)
    expect(ended).toMatchObject({ code: 'OVERLOADED', message: 'the gateway is stopping' })
    await expect(answer).rejects.toThrow()
  })

  it('T25 says with the last answer of a connection that it is the last', async () => {
    const { begun, release } = serveSlow()
    const answer = sendRaw('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
    await begun
    const closed = listener.close()
    release()
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^{]*connection: close\r\n[^{]*\{"whole":true\}$/i)
    await closed
  })

  it('cuts off at the deadline what does not end', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    listener.serve([{ path: '/never', handle: async () => {
      begin()
      await new Promise(() => undefined)
    } }])
    const answer = get('/never')
    answer.catch(() => undefined)
    await begun
    await listener.close(50)
    await expect(answer).rejects.toThrow()
  })
})
