import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '@polyseme/kit/errors'
import { createCallSigner, generateSigningKey, type CallSigner } from '@polyseme/kit/identity'
import { duckDbDialect, SOURCE_ENGINES, type Source, type SqlRow } from '@polyseme/kit/source'
import { startSubgraph, type RunningSubgraph, type SubgraphOptions } from '@polyseme/kit/subgraph'
import { fillParquet, fillSqlite } from '../../testkit/domain-oracle/fill-sources.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { sqliteEngine } from '../../testkit/sqlite-engine.ts'
import { SHOP, shopCall, shopRows, type ShopCall } from '../../testkit/shop-domain.ts'

let dataDir = ''
let signer: CallSigner
let shop: RunningSubgraph

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-subgraph-'))
  await fillParquet({ product: SHOP, rows: shopRows() }, dataDir)
  signer = createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk })
  shop = await start()
})

afterAll(async () => {
  await shop.close()
  await rm(dataDir, { recursive: true, force: true })
})

function start(options: Partial<SubgraphOptions> = {}): Promise<RunningSubgraph> {
  return startSubgraph({ products: [SHOP], dataDir, trust: signer.publicJwks(), ...options })
}

interface Posted {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

async function post(subgraph: RunningSubgraph, body: unknown, headers: Record<string, string> = {}): Promise<Posted> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(subgraph.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text })
  const answer = await response.text()
  return { status: response.status, text: answer, body: answer === '' ? undefined : JSON.parse(answer) as unknown }
}

async function ask(subgraph: RunningSubgraph, query: string, options: { readonly variables?: unknown; readonly call?: ShopCall } = {}): Promise<Posted> {
  const identity = await signer.sign('shop', shopCall(options.call))
  return post(subgraph, { query, variables: options.variables }, { 'polyseme-identity': identity })
}

const code = (value: string): object => ({ errors: [{ extensions: { code: value } }] })

describe('F01 a call that the gateway did not sign', () => {
  it.each([
    ['no identity', async () => undefined],
    ['an empty one', async () => ''],
    ['garbage', async () => 'not.a.token'],
    ['one for another subgraph', () => signer.sign('billing', shopCall())],
    ['one of another gateway', async () => createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk }).sign('shop', shopCall())],
  ])('F01 with %s is answered with 401', async (_name, identityOf) => {
    const identity = await identityOf()
    const answer = await post(shop, { query: '{ shop { customers { totalCount } } }' }, identity === undefined ? {} : { 'polyseme-identity': identity })
    expect(answer).toMatchObject({ status: 401, body: code('UNAUTHENTICATED') })
  })

  it('F01 is refused before its body is read', async () => {
    const answer = await post(shop, 'x'.repeat(5_000_000))
    expect(answer.status).toBe(401)
  })
})

describe('a subgraph', () => {
  it('answers a signed call', async () => {
    const answer = await ask(shop, '{ shop { customerByKey(customerId: 3) { name } } }')
    expect(answer).toMatchObject({ status: 200, body: { data: { shop: { customerByKey: { name: 'Customer 3' } } } } })
  })

  it('passes the caller\'s claims and masks into the statements', async () => {
    const call: ShopCall = { scopes: ['shop:read'], claims: { regions: ['APAC'] }, masks: { 'ShopCustomer.email': { kind: 'partial' } } }
    const answer = await ask(shop, '{ shop { customers(first: 1) { totalCount nodes { email } } } }', { call })
    expect(answer.body).toEqual({ data: { shop: { customers: { totalCount: 10, nodes: [{ email: 'u•••@•••.com' }] } } } })
  })

  it('tells its schema, and nothing more of itself', async () => {
    const service = await ask(shop, '{ _service { sdl } }')
    expect(service.body).toEqual({ data: { _service: { sdl: shop.sdl } } })
    expect(await ask(shop, '{ __schema { types { name } } }')).toMatchObject({ status: 400, body: code('GRAPHQL_VALIDATION_FAILED') })
  })

  it.each([
    ['GET', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', 405, 'METHOD_NOT_ALLOWED'],
  ])('G31 refuses %s', async (method, status, expected) => {
    const response = await fetch(`${shop.url}?query={__typename}`, { method })
    expect([response.status, await response.json()]).toMatchObject([status, code(expected)])
  })

  it.each([
    ['text/plain', 415], ['application/x-www-form-urlencoded', 415], ['multipart/form-data; boundary=x', 415], ['application/json; charset=utf-7', 415],
    ['application/json; charset=utf-8', 200],
  ])('G33 G34 a body of type %s → %i', async (type, status) => {
    const identity = await signer.sign('shop', shopCall())
    expect((await post(shop, { query: '{ __typename }' }, { 'content-type': type, 'polyseme-identity': identity })).status).toBe(status)
  })

  it.each([
    ['a list of operations', [{ query: '{ __typename }' }]], ['no query', {}], ['a number', 5], ['null', null], ['a query that is a list', { query: ['{ __typename }'] }],
    ['variables that are text', { query: '{ __typename }', variables: 'x' }], ['no JSON', '{"query":'], ['an empty body', ''],
  ])('G02 refuses %s with 400', async (_name, body) => {
    const answer = await post(shop, body, { 'polyseme-identity': await signer.sign('shop', shopCall()) })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/at .*\.ts|node_modules|stacktrace/)
  })

  it('G11 stops reading a body that is larger than allowed', async () => {
    const small = await start({ maxBodyBytes: 1_000 })
    const identity = await signer.sign('shop', shopCall())
    const declared = await post(small, { query: '{ __typename }', variables: { x: 'x'.repeat(2_000) } }, { 'polyseme-identity': identity })
    expect(declared).toMatchObject({ status: 413, body: code('PAYLOAD_TOO_LARGE') })
    expect(await sendEndlessly(small, identity)).toBe(413)
    await small.close()
  })

  it('answers about its health and its numbers without an identity, and about nothing else', async () => {
    const get = async (path: string): Promise<readonly [number, string]> => {
      const response = await fetch(new URL(path, shop.url))
      return [response.status, await response.text()]
    }
    expect(await get('/health/live')).toEqual([200, '{"status":"ok"}'])
    expect(await get('/health/ready')).toEqual([200, '{"status":"ready"}'])
    const [status, metrics] = await get('/metrics')
    expect(status).toBe(200)
    expect(metrics).toMatch(/polyseme_subgraph_requests_total\{status="401"\} \d+/)
    expect(metrics).toMatch(/polyseme_subgraph_statement_seconds_count [1-9]/)
    expect((await get('/'))[0]).toBe(404)
  })

  it('ends cleanly: what is being asked is answered, then nobody listens', async () => {
    const arrived = Promise.withResolvers<void>()
    const answering = Promise.withResolvers<readonly SqlRow[]>()
    const closing = await start({
      source: new FakeSource(() => {
        arrived.resolve()
        return answering.promise
      }),
    })
    const asked = ask(closing, '{ shop { customers { totalCount } } }')
    await arrived.promise
    const closed = closing.close()
    answering.resolve([[0, 7]])
    expect(await asked).toMatchObject({ status: 200, body: { data: { shop: { customers: { totalCount: 7 } } } } })
    await closed
    await closing.close()
    await expect(fetch(closing.url)).rejects.toThrow()
  })

  it('T41 refuses what comes when as many operations are under way as it takes, before the body is read, and takes the next when one has ended', async () => {
    const waiting: PromiseWithResolvers<readonly SqlRow[]>[] = []
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const busy = await start({
      maxOperations: 2,
      source: new FakeSource(() => {
        const answer = Promise.withResolvers<readonly SqlRow[]>()
        waiting.push(answer)
        if (waiting.length === 1) first.resolve()
        if (waiting.length === 2) second.resolve()
        return answer.promise
      }),
    })
    const query = '{ shop { customers { totalCount } } }'
    const asked = [ask(busy, query), ask(busy, query)]
    await Promise.all([first.promise, second.promise])
    const refused = await fetch(busy.url, { method: 'POST', headers: { 'content-type': 'application/json', 'polyseme-identity': await signer.sign('shop', shopCall()) }, body: '{"query":' })
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([503, '1', {
      errors: [{ message: 'this subgraph has 2 operations under way and takes no more at a time; try again shortly', extensions: { code: 'OVERLOADED' } }],
    }])
    expect((await post(busy, { query })).status).toBe(401)
    expect((await fetch(new URL('/health/live', busy.url))).status).toBe(200)
    waiting[0]?.resolve([[0, 7]])
    expect(await asked[0]).toMatchObject({ status: 200 })
    const third = ask(busy, query)
    while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve))
    for (const answer of waiting) answer.resolve([[0, 7]])
    expect((await Promise.all([...asked, third])).map(({ status }) => status)).toEqual([200, 200, 200])
    await busy.close()
    await expect(start({ maxOperations: 0 })).rejects.toThrow('maxOperations is 0')
  })

  it('serves data in an engine that was added in one file', async () => {
    const folder = join(dataDir, 'third')
    const third = await start({ products: [await fillSqlite({ product: SHOP, rows: shopRows() }, folder)], dataDir: folder, engines: [...SOURCE_ENGINES, sqliteEngine] })
    const query = '{ shop { customers(first: 2, orderBy: [{ credit: DESC }], where: { orders: { some: { amount: { gt: "5" } } } }) { totalCount nodes { name email credit born tier orders(first: 1) { nodes { amount orderedAt lines { nodes { article } } } } } } ordersAggregate { count sum { amount } avg { amount } } } }'
    const call: ShopCall = { scopes: ['shop:read', 'shop:finance'], claims: { regions: ['EMEA', 'APAC'] }, masks: { 'ShopCustomer.email': { kind: 'partial' }, 'ShopCustomer.born': { kind: 'year' }, 'ShopCustomer.name': { kind: 'hash' } } }
    const answer = await ask(third, query, { call: { ...call, maskKey: 'k' } })
    expect(answer.body).not.toHaveProperty('errors')
    expect(answer.body).toEqual((await ask(shop, query, { call: { ...call, maskKey: 'k' } })).body)
    await third.close()
  })

  it('says so when its port is taken', async () => {
    await expect(start({ port: shop.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })

  it('ends when its signal aborts', async () => {
    const stopping = new AbortController()
    const running = await start({ signal: stopping.signal })
    stopping.abort()
    await running.close()
    await expect(fetch(running.url)).rejects.toThrow()
  })
})

function sendEndlessly(subgraph: RunningSubgraph, identity: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(subgraph.url, { method: 'POST', headers: { 'content-type': 'application/json', 'polyseme-identity': identity, 'transfer-encoding': 'chunked' } })
    sent.on('response', (response) => {
      resolve(response.statusCode)
      sent.destroy()
    })
    sent.on('error', (error) => reject(error))
    sent.write('"')
    const writing = setInterval(() => sent.write('x'.repeat(200)), 1)
    sent.on('close', () => clearInterval(writing))
  })
}

/** A source that lies outside the system: it fails or waits as a test needs. */
class FakeSource implements Source {
  readonly dialect = duckDbDialect
  readonly tables = new Map(SHOP.objects.map((object) => [object.typeName, {
    object,
    relation: object.typeName,
    columns: new Map(object.properties.map((property) => [property.name, { type: property.type, list: property.list, native: 'VARCHAR' }])),
  }]))
  readonly #answer: (signal: AbortSignal | undefined) => Promise<readonly SqlRow[]>

  constructor(answer: (signal: AbortSignal | undefined) => Promise<readonly SqlRow[]>) {
    this.#answer = answer
  }

  query(_statement: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<readonly SqlRow[]> {
    return this.#answer(options.signal)
  }

  // eslint-disable-next-line require-yield
  async *stream(): AsyncIterable<readonly SqlRow[]> {
    throw new TypeError('not asked for')
  }

  withOwnConnection(): Source {
    return this
  }

  async ping(): Promise<void> {
    await this.#answer(undefined)
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

const QUERY = '{ shop { customers(first: 1) { nodes { customerId name } } } }'

describe('an error', () => {
  it('M07 of the source carries no statement, no value and no stack', async () => {
    const failing = await start({ source: new FakeSource(() => Promise.reject(new GatewayError('SOURCE_UNAVAILABLE', 'SELECT secret FROM t: value 4711'))) })
    const answer = await ask(failing, QUERY)
    expect(answer).toMatchObject({ status: 200, body: { data: { shop: { customers: null } }, errors: [{ message: 'The data source cannot be reached.', path: ['shop', 'customers'], extensions: { code: 'SOURCE_UNAVAILABLE' } }] } })
    expect(answer.text).not.toMatch(/SELECT|4711|stack/)
    expect((await fetch(new URL('/health/ready', failing.url))).status).toBe(503)
    await failing.close()
  })

  it('that nobody expected says only that it happened', async () => {
    const failing = await start({ source: new FakeSource(() => Promise.reject(new Error('secret value 4711 at /home/x.ts:5'))) })
    const answer = await ask(failing, QUERY)
    expect(answer.body).toMatchObject(code('INTERNAL'))
    expect(answer.text).not.toMatch(/4711|x\.ts|secret/)
    await failing.close()
  })

  it('F08 of a value that the contract rules out names the field, not the value', async () => {
    const properties = [property('id', 'integer', { required: true }), property('code', 'string', { required: true }), property('size', 'integer', { description: 'alternative' })]
    const product = dataProduct('shop', 'dirty', [productObject('shop', 'Thing', properties, { keys: [['id']] })])
    const rows = [{ id: 1n, code: 'a', size: 1n }, { id: 2n, code: null, size: 2n }, { id: 3n, code: 'c', size: 5_000_000_000n }]
    const dirtyDir = join(dataDir, 'dirty')
    await fillParquet({ product, rows: new Map([['ShopThing', rows]]) }, dirtyDir)
    const dirty = await start({ products: [product], dataDir: dirtyDir })
    const answer = await ask(dirty, '{ shop { things { nodes { code size } } } }')
    expect(answer.body).toEqual({
      data: { shop: { things: { nodes: [{ code: 'a', size: 1 }, null, { code: 'c', size: null }] } } },
      errors: [
        { message: 'ShopThing.code is absent although the contract requires it', locations: [{ line: 1, column: 27 }], path: ['shop', 'things', 'nodes', 1, 'code'], extensions: { code: 'SUBGRAPH_RESPONSE_INVALID' } },
        { message: 'a value is not of the type that the contract gives it', locations: [{ line: 1, column: 32 }], path: ['shop', 'things', 'nodes', 2, 'size'], extensions: { code: 'SUBGRAPH_RESPONSE_INVALID' } },
      ],
    })
    await dirty.close()
  })

  it('of a deadline comes in time, and the statement is told', async () => {
    let isTold = false
    const slow = await start({
      timeoutMs: 50,
      source: new FakeSource((signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => {
        isTold = true
        reject(new GatewayError('DEADLINE_EXCEEDED', 'the statement was stopped'))
      }))),
    })
    const answer = await ask(slow, QUERY)
    expect(answer.body).toMatchObject(code('DEADLINE_EXCEEDED'))
    expect(isTold).toBe(true)
    await slow.close()
  })

  it('T39 of a caller that went away stops the statement', async () => {
    const told = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const slow = await start({
      source: new FakeSource((signal) => new Promise((_resolve, reject) => {
        asked.resolve()
        signal?.addEventListener('abort', () => {
          told.resolve()
          reject(new GatewayError('DEADLINE_EXCEEDED', 'the statement was stopped'))
        })
      })),
    })
    const leaving = new AbortController()
    const identity = await signer.sign('shop', shopCall())
    const sent = fetch(slow.url, { method: 'POST', signal: leaving.signal, headers: { 'content-type': 'application/json', 'polyseme-identity': identity }, body: JSON.stringify({ query: QUERY }) })
    await asked.promise
    leaving.abort()
    await expect(sent).rejects.toThrow()
    await told.promise
    await slow.close()
  })
})

describe('1,000 malformed requests', () => {
  const GOOD = 'query Q($first: Int, $where: ShopCustomerWhere) { shop { customers(first: $first, where: $where, orderBy: [{ name: ASC }]) { totalCount nodes { name orders(first: 2) { nodes { amount } } } } } }'
  const pieces = ['{', '}', '(', ')', '[', ']', '"', '"""', '$', '@', '...', 'on', 'fragment', ':', '!', '\\u0000', '\\', '#', '\uFEFF', '5', '-', '1e999', 'null', '__proto__', '__typename', '$first', 'customers', 'ShopCustomer', 'DROP TABLE', "'", '😀']
  const changed = fc
    .array(fc.tuple(fc.nat(GOOD.length), fc.constantFrom(...pieces), fc.constantFrom('insert' as const, 'replace' as const, 'cut' as const)), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((text, [at, piece, kind]) => text.slice(0, at) + (kind === 'cut' ? '' : piece) + text.slice(kind === 'insert' ? at : at + 3), GOOD))
  const anything = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }))
  const requests = fc.oneof(
    changed.map((query) => ({ query, variables: { first: 1 } })),
    fc.record({ query: fc.constant(GOOD), variables: fc.oneof(anything, fc.record({ first: anything, where: anything }), fc.record({ where: fc.record({ name: anything, orders: anything, or: anything }) })) }),
    fc.record({ query: anything }),
    fc.string({ unit: 'binary', maxLength: 200 }).map((query) => ({ query })),
  )

  it('get a clear answer each, without a stack trace, and the subgraph goes on', { timeout: 60_000 }, async () => {
    const identity = await signer.sign('shop', shopCall())
    const outcomes = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(requests, async (body) => {
        const answer = await post(shop, body, { 'polyseme-identity': identity })
        outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1)
        expect([200, 400]).toContain(answer.status)
        expect(answer.text).not.toMatch(/\.ts:|\.js:|node_modules|INTERNAL|SELECT /)
        if (answer.status === 400) expect(answer.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ message: expect.stringMatching(/.+/) as unknown, extensions: expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/) as unknown }) as unknown })]) as unknown })
      }),
      { numRuns: 1_000 },
    )
    expect(outcomes.get(400)).toBeGreaterThan(600)
    expect((await ask(shop, QUERY)).status).toBe(200)
  })
})
