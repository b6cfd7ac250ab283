import { createHash } from 'node:crypto'
import { request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog, Metrics, PersistedOperations } from '../../gateway/serve/index.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

let mesh: GatewayMesh
let token: string
const log: string[] = []

beforeAll(async () => {
  mesh = await startDemoMesh({ onLog: (line) => log.push(line) })
  token = await mesh.token('analyst')
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

interface HttpAnswer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly code: string | undefined
}

interface Request {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
  /** Without the analyst's token. */
  readonly anonymous?: boolean
}

/** One request exactly as given: nothing is added but the token, the content type of a POST and the length. */
async function send({ method = 'POST', path = '/graphql', headers = {}, body, anonymous = false }: Request): Promise<HttpAnswer> {
  const { hostname, port } = new URL(mesh.url)
  const request = httpRequest({
    hostname, port, path, method,
    headers: { ...(anonymous ? {} : { authorization: `Bearer ${token}` }), ...(method === 'POST' ? { 'content-type': 'application/json' } : {}), ...headers },
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.end(body)
  const [response] = await answered
  const answer = await text(response)
  return { status: response.statusCode, headers: response.headers, body: answer, code: codeOf(answer) }
}

function codeOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { errors?: { extensions?: { code?: string } }[] }).errors?.[0]?.extensions?.code
  } catch {
    return undefined
  }
}

const QUERY = JSON.stringify({ query: '{ __typename }' })

function get(parameters: Record<string, string>, headers: OutgoingHttpHeaders = {}): Request {
  return { method: 'GET', path: `/graphql?${new URLSearchParams(parameters).toString()}`, headers }
}

describe('who comes without a good token', () => {
  it('is answered 401 with what to do, before the body is read', async () => {
    const answer = await send({ anonymous: true, body: QUERY })
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="polyseme"')
  })

  it('is told what is wrong with the token, and nothing of it is repeated', async () => {
    const answer = await send({ headers: { authorization: 'Bearer not.a.token' }, anonymous: true, body: QUERY })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="polyseme", error="invalid_token", error_description="[^"]+"$/)
    expect(answer.body + String(answer.headers['www-authenticate'])).not.toContain('not.a.token')
  })

  it('J19 brings the token in the query string, a form or the body: it is not looked at and not logged', async () => {
    const answers = [
      await send({ ...get({ query: '{ __typename }', access_token: token }, { 'apollo-require-preflight': '1' }), anonymous: true }),
      await send({ anonymous: true, body: JSON.stringify({ query: '{ __typename }', access_token: token }) }),
      await send({ anonymous: true, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `access_token=${token}` }),
      await send({ anonymous: true, headers: { cookie: `access_token=${token}; authorization=Bearer ${token}` }, body: QUERY }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect(log.join('\n')).not.toContain(token)
  })

  it('J20 brings two Authorization headers, or a list: 400', async () => {
    const two = await raw(`POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}\r\n\r\n${QUERY}`)
    expect(two).toMatch(/^HTTP\/1\.1 400 [^]*AUTHORIZATION_HEADER_INVALID/)
    expect(await send({ headers: { authorization: `Bearer ${token}, Bearer ${token}` }, body: QUERY })).toMatchObject({ status: 400, code: 'AUTHORIZATION_HEADER_INVALID' })
    expect(await send({ headers: { authorization: `Basic ${btoa('a:b')}` }, body: QUERY })).toMatchObject({ status: 400, code: 'AUTHORIZATION_HEADER_INVALID' })
  })

  it.each(['analyst', 'nobody'])('reaches /graphql by no other spelling of its path, as %s', async (persona) => {
    const authorization = `Bearer ${await mesh.token(persona)}`
    for (const path of ['/graphql/', '//graphql', '/GraphQL', '/graphql%00', '/%67raphql', '/./graphql', '/x/../graphql']) {
      expect((await send({ path, headers: { authorization }, body: QUERY })).status, path).toBe(404)
    }
  })
})

/** What a raw client is answered that sends these bytes and then only listens. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(mesh.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  socket.end(bytes)
  await once(socket, 'close')
  return answer
}

describe('GET', () => {
  it('answers a query that a browser could not have sent by itself', async () => {
    for (const headers of [{ 'apollo-require-preflight': 'true' }, { 'x-apollo-operation-name': 'Q' }, { 'content-type': 'application/json' }]) {
      expect(await send(get({ query: 'query Q { __typename }' }, headers))).toMatchObject({ status: 200, body: '{"data":{"__typename":"Query"}}' })
    }
  })

  it('takes variables and operationName as JSON and text', async () => {
    const query = 'query A { __typename } query B($n: Int!) { sales { customers(first: $n) { nodes { customerId } } } }'
    const { body } = await send(get({ query, operationName: 'B', variables: '{"n":1}' }, { 'apollo-require-preflight': '1' }))
    expect(JSON.parse(body)).toMatchObject({ data: { sales: { customers: { nodes: [{}] } } } })
  })

  it.each([{}, { 'apollo-require-preflight': '' }, { 'x-apollo-operation-name': '' }])('G31 without a preflight header (%j): 400', async (headers) => {
    expect(await send(get({ query: '{ __typename }' }, headers))).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  it('G31 with a mutation: 405, and POST is named', async () => {
    const answer = await send(get({ query: 'mutation { __typename }' }, { 'apollo-require-preflight': '1' }))
    // A graph without mutations refuses it as a document.
    expect(answer.status === 405 ? answer.headers.allow : answer.code).toMatch(/^POST$|^GRAPHQL_VALIDATION_FAILED$/)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/graphql', 'application/json; charset=utf-16', 'x'])('G32 with Content-Type %s: 415', async (type) => {
    expect(await send(get({ query: '{ __typename }' }, { 'content-type': type, 'apollo-require-preflight': '1' }))).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it.each(['query', 'variables', 'operationName', 'extensions'])('refuses %s twice', async (name) => {
    const path = `/graphql?query={__typename}&variables={}&operationName=Q&extensions={}&${name}=x`
    expect(await send({ method: 'GET', path, headers: { 'apollo-require-preflight': '1' } })).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s and names what is allowed', async (method) => {
    const answer = await send({ method, body: '' })
    expect(answer).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
    expect(answer.headers.allow).toBe('GET, POST')
  })
})

describe('the body of a POST', () => {
  it.each([
    'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/graphql', 'application/json+x', 'json', '', 'text/plain; application/json', 'application/jsonp',
  ])('G33 of type %j: 415', async (type) => {
    expect(await send({ headers: { 'content-type': type }, body: QUERY })).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it.each(['utf-16', 'utf-7', 'iso-8859-1', 'utf-8x', 'cp037'])('G34 in charset %s: 415', async (charset) => {
    expect(await send({ headers: { 'content-type': `application/json; charset=${charset}` }, body: QUERY })).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON; Charset=UTF-8', 'application/json;charset="utf-8"'])('of type %j is read', async (type) => {
    expect((await send({ headers: { 'content-type': type }, body: QUERY })).status).toBe(200)
  })

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])('in content encoding %s is refused: nothing is inflated', async (coding) => {
    expect(await send({ headers: { 'content-encoding': coding }, body: QUERY })).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it('G02 with a list of operations: 400', async () => {
    for (const body of ['[]', `[${QUERY}]`, `[${Array.from({ length: 100 }, () => QUERY).join(',')}]`]) {
      expect(await send({ body })).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    }
  })

  it.each(['', 'null', '1', '"x"', 'true', '{}', '{"query":null}', '{"query":1}', '{"query":""}', '{"query":" "}', '{"query":["a"]}', '{"query":{"kind":"Document"}}', '{"query":"{a}","variables":[]}', '{"query":"{a}","variables":"{}"}', '{"query":"{a}","operationName":1}', '{"query":"{a}","extensions":[]}', '{', '{"query":"{a}"', '\u0000', '{"query":"{a}"}{"query":"{b}"}', 'undefined', 'NaN'])('that is no request (%j): 400', async (body) => {
    const answer = await send({ body })
    expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  it('with secrets in broken JSON is not repeated', async () => {
    expect((await send({ body: '{"query": secret-of-mine' })).body).not.toContain('secret')
  })

  it('G11 of 60 MB is refused with 413, and nothing of it is kept', async () => {
    const before = process.memoryUsage()
    const request = httpRequest(`${mesh.url}/graphql`, { method: 'POST', headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 60_000_000 } })
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    request.on('error', () => undefined)
    request.write(Buffer.alloc(65_536, 'a'))
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    expect(codeOf(await text(response))).toBe('PAYLOAD_TOO_LARGE')
    request.destroy()
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(8_000_000)
  })

  it('G11 without a length is refused when it passes the cap, however long it would be', async () => {
    const request = httpRequest(`${mesh.url}/graphql`, { method: 'POST', headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' } })
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    request.on('error', () => undefined)
    const chunk = Buffer.alloc(65_536, 'a')
    let sent = 0
    const stop = new AbortController()
    void answered.then(() => stop.abort())
    while (!stop.signal.aborted && sent < 60_000_000) {
      sent += chunk.length
      if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered])
    }
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    expect(sent).toBeLessThan(20_000_000)
    request.destroy()
  })

  it('G11 with a length that is a lie ends with the connection', async () => {
    const answer = await raw(`POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n${QUERY}`)
    expect(answer).toMatch(/^(HTTP\/1\.1 400 [^]*)?$/)
  })
})

describe('a persisted query', () => {
  const query = '{ sales { customers(first: 1) { nodes { customerId } } } }'
  const sha256Hash = createHash('sha256').update(query).digest('hex')
  const persisted = (hash: unknown, version: unknown = 1): { readonly extensions: unknown } => ({ extensions: { persistedQuery: { version, sha256Hash: hash } } })

  it.each([
    persisted('a'.repeat(64)),
    persisted(sha256Hash.toUpperCase()),
    persisted('wrong'),
    persisted(null),
    persisted(sha256Hash, 2),
    { extensions: { persistedQuery: {} } },
    { extensions: { persistedQuery: null } },
    { extensions: { persistedQuery: [] } },
  ])('G35 with a hash that is not the document\'s, or is none, is refused: %j', async (extensions) => {
    expect(await send({ body: JSON.stringify({ query, ...extensions }) })).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  it('is asked for when its hash is not known, in the words and with the status that clients read, and is known from then on', async () => {
    const unknown = await send({ body: JSON.stringify(persisted(sha256Hash)) })
    expect(unknown).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(JSON.parse(unknown.body)).toEqual({ errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] })
    const whole = await send({ body: JSON.stringify({ query, ...persisted(sha256Hash) }) })
    expect(whole.status).toBe(200)
    expect(whole.body).toContain('"customerId"')
    expect((await send({ body: JSON.stringify(persisted(sha256Hash)) })).body).toBe(whole.body)
    const parameters = { extensions: JSON.stringify(persisted(sha256Hash).extensions) }
    expect((await send(get(parameters, { 'apollo-require-preflight': 'true' }))).body).toBe(whole.body)
    // G31 holds for a hash as for a document.
    expect(await send(get(parameters))).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  it('G35 is authorised anew for each caller who names it', async () => {
    const nobody = await mesh.token('nobody')
    const answer = await send({ headers: { authorization: `Bearer ${nobody}` }, body: JSON.stringify(persisted(sha256Hash)) })
    expect(JSON.parse(answer.body)).toMatchObject({ data: { sales: null }, errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] })
    expect(await send({ anonymous: true, body: JSON.stringify(persisted(sha256Hash)) })).toMatchObject({ status: 401 })
  })

  it('that cannot be read is not kept', async () => {
    const broken = '{ sales { nothing } }'
    const hash = createHash('sha256').update(broken).digest('hex')
    expect(await send({ body: JSON.stringify({ query: broken, ...persisted(hash) }) })).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
    expect(await send({ body: JSON.stringify(persisted(hash)) })).toMatchObject({ status: 200, code: 'PERSISTED_QUERY_NOT_FOUND' })
  })

  it('G36 of many keeps those that were used last, and no more than its memory allows', () => {
    const log = createLog(() => undefined)
    const persistedOperations = new PersistedOperations({ metrics: new Metrics(), log })
    const caller = { principal: { issuer: '', subject: '', scopes: new Set<string>(), roles: [], claims: {}, expiresAtSec: 0 }, requestId: '' }
    const asked = (index: number): { readonly query: string; readonly hash: string; readonly variables: Record<string, unknown>; readonly operationName: undefined; readonly mutationAllowed: true } => {
      const text = `{ f${index} } # ${'x'.repeat(10_000)}`
      return { query: text, hash: createHash('sha256').update(text).digest('hex'), variables: {}, operationName: undefined, mutationAllowed: true }
    }
    for (let index = 0; index < 3_000; index++) persistedOperations.remember(asked(index))
    const isKept = (index: number): boolean => {
      const { query: _sent, ...named } = asked(index)
      try {
        return persistedOperations.resolve(named, caller).query === asked(index).query
      } catch {
        return false
      }
    }
    const kept = Array.from({ length: 3_000 }, (_, index) => isKept(index))
    expect(kept.filter(Boolean).length).toBe(399)
    expect(kept.slice(-399).every(Boolean)).toBe(true)
  })
})

describe('headers', () => {
  it('F20 that claim an identity or belong to the hop change nothing', async () => {
    const nobody = await mesh.token('nobody')
    const answer = await send({
      headers: { 'authorization': `Bearer ${nobody}`, 'polyseme-identity': 'forged', 'x-forwarded-user': 'analyst', 'x-user': 'analyst', 'x-scopes': 'sales:read', 'proxy-authorization': `Bearer ${token}`, 'x-original-url': '/health/live' },
      body: JSON.stringify({ query: '{ sales { customers(first: 1) { nodes { name } } } }' }),
    })
    expect(answer.status).toBe(200)
    expect(answer.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE')
    expect(JSON.parse(answer.body)).toMatchObject({ data: { sales: null } })
  })

  it('F21 with CR or LF inside are refused as HTTP', async () => {
    const answer = await raw(`POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a\rx-evil: 1\r\ncontent-length: 0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('x-evil')
  })

  it('that smuggle a second request are refused', async () => {
    const both = await raw(`POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nhost: x\r\n\r\n`)
    expect(both).toMatch(/^HTTP\/1\.1 400 /)
    expect(both).not.toContain('"status":"live"')
  })

  it('F19 of a domain do not come through: no cookie, no address, no server', async () => {
    const { headers } = await send({ body: JSON.stringify({ query: '{ sales { customers(first: 1) { nodes { name } } } }' }) })
    for (const name of ['set-cookie', 'location', 'access-control-allow-origin', 'server', 'x-powered-by']) expect(headers[name]).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
  })

  it('Accept decides between the two GraphQL types, and a type that we have not is 406', async () => {
    expect((await send({ headers: { accept: 'application/graphql-response+json' }, body: QUERY })).headers['content-type']).toBe('application/graphql-response+json; charset=utf-8')
    expect((await send({ headers: { accept: '*/*' }, body: QUERY })).headers['content-type']).toBe('application/json; charset=utf-8')
    expect((await send({ headers: { accept: 'text/csv' }, body: QUERY })).status).toBe(406)
  })
})

describe('what needs no token', () => {
  it.each(['/health/live', '/health/ready', '/metrics', '/.well-known/jwks.json', '/console/config.json'])('%s says nothing of data, addresses or callers', async (path) => {
    await send({ body: JSON.stringify({ query: '{ sales { customers(first: 1) { nodes { name } } } }' }) })
    const { status, body } = await send({ method: 'GET', path, anonymous: true })
    expect(status).toBe(200)
    expect(body).not.toMatch(/127\.0\.0\.1|localhost|analyst|"d":/)
  })

  it('counts requests and domain calls for Prometheus', async () => {
    const { body } = await send({ method: 'GET', path: '/metrics', anonymous: true })
    expect(body).toMatch(/^polyseme_graphql_requests_total\{error="none"\} \d+$/m)
    expect(body).toMatch(/^polyseme_graphql_requests_total\{error="UNAUTHENTICATED"\} \d+$/m)
    expect(body).toMatch(/^polyseme_subgraph_calls_total\{subgraph="sales",outcome="answered"\} \d+$/m)
  })
})

describe('a client that leaves', () => {
  const HEAVY = JSON.stringify({ query: '{ sales { customers(first: 200) { nodes { name orders(first: 50) { nodes { orderNumber orderLines(first: 20) { nodes { lineNumber } } } } } } } }' })

  function ask(): ClientRequest {
    const request = httpRequest(`${mesh.url}/graphql`, { method: 'POST', headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' } })
    request.on('error', () => undefined)
    request.end(HEAVY)
    return request
  }

  it('T39 takes the work for it along: the domain is free long before it would have answered', async () => {
    const begun = performance.now()
    await Promise.all(Array.from({ length: 20 }, async () => {
      const [response] = await once(ask(), 'response') as [IncomingMessage]
      await text(response)
    }))
    const wholeMs = performance.now() - begun

    const clients = Array.from({ length: 20 }, ask)
    await expect.poll(inFlightInSales, { interval: 1 }).toBeGreaterThan(0)
    const left = performance.now()
    for (const client of clients) client.destroy()
    await expect.poll(inFlightInSales, { interval: 5, timeout: 60_000 }).toBe(0)
    expect(performance.now() - left).toBeLessThan(wholeMs / 2)
    expect((await send({ body: QUERY })).status).toBe(200)
  })

  async function inFlightInSales(): Promise<number> {
    const metrics = await (await fetch(new URL('/metrics', mesh.domains.get('sales')?.url))).text()
    return Number(/polyseme_subgraph_in_flight (\d+)/.exec(metrics)?.[1] ?? 0)
  }
})

describe('a gateway that is told to stop', () => {
  it('T25 answers the question that is under way, whole, before it lets go of its domains', async () => {
    const stopping = await startDemoMesh()
    const query = '{ sales { customers(first: 200) { nodes { name orders(first: 50) { nodes { orderNumber } } } } } billing { customers(first: 200) { nodes { legalName } } } }'
    const expected = await stopping.ask(query, { as: 'analyst' })
    const underWay = stopping.ask(query, { as: 'analyst' })
    await expect.poll(async () => await (await fetch(new URL('/metrics', stopping.domains.get('sales')?.url))).text(), { interval: 1 }).toMatch(/polyseme_subgraph_in_flight [1-9]/)
    const stopped = stopping[Symbol.asyncDispose]()
    await expect(fetch(`${stopping.url}/health/live`)).rejects.toThrow()
    expect(await underWay).toMatchObject({ status: 200, errors: [], data: expected.data })
    await stopped
  })
})
