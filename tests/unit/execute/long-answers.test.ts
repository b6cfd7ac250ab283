import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Pool } from 'undici'
import { describe, expect, it } from 'vitest'
import { createMaskKeyring } from '../../../gateway/access/index.ts'
import { HttpTransport, MaskingTransport, QualifiedTransport, type SubgraphAnswer, type SubgraphCallContext, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import { collectResponse } from '../../../gateway/execute/http-response-collector.ts'
import { isLarge, type LargeAnswer, type LargeWanted } from '../../../gateway/execute/large/large-answer.ts'
import type { LongBody } from '../../../gateway/execute/large/long-body.ts'
import { startHttp } from '../../testkit/foreign-subgraph.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const ROWS = Array.from({ length: 20_000 }, (_unused, id) => ({ __typename: 'Person', id, email: `person${id}@example.com`, friend: { __typename: 'Person', email: `friend${id}@example.com` } }))
const TEXT = JSON.stringify({ data: { people: { total: ROWS.length, nodes: ROWS, last: { __typename: 'Person', email: 'last@example.com' } } } })
const WANTED: LargeWanted = { afterBytes: 100_000, maxBytes: 10_000_000, maxAroundBytes: 1_000_000, hold: () => undefined, lists: () => [['people', 'nodes']] }
const REQUEST = { operation: { text: '{ people { total nodes { __typename id email friend { __typename email } } last { __typename email } } }', name: undefined, kind: 'query' as const }, variablesText: '{}' }
const CALL = { principal: TEST_PRINCIPAL, masks: { 'FarPerson.email': { kind: 'partial' } }, rowRestrictions: {}, accessFingerprint: '', signal: new AbortController().signal } as unknown as SubgraphCallContext

async function withServer<T>(handle: (response: ServerResponse) => void, use: (url: string) => Promise<T>): Promise<T> {
  const server = await startHttp((request, response) => { request.resume(); handle(response) })
  try {
    return await use(server.url)
  } finally {
    await server.close()
  }
}

async function wholeOf(answer: SubgraphAnswer | LargeAnswer): Promise<unknown> {
  if (!isLarge(answer)) throw new TypeError('it was not large')
  const nodes: unknown[] = []
  for (let rows = await answer.next(); rows !== undefined; rows = await answer.next()) nodes.push(...rows)
  const { data, errors } = await answer.finish()
  return { data: { people: { ...(data as { people: object }).people, nodes } }, errors }
}

describe('a long answer over HTTP', () => {
  it('M13 of a foreign subgraph has the names and masks that it has as a whole', async () => {
    await withServer((response) => response.end(TEXT), async (url) => {
      const product = dataProduct('far', 'people', [productObject('far', 'Person', [property('id', 'integer'), property('email', 'string', { classification: 'confidential' })])])
      const http: SubgraphTransport = new HttpTransport({ subgraph: 'far', url, identityFor: async () => 'x' })
      const sdl = 'type Query { people: People } type People { total: Int nodes: [FarPerson] last: FarPerson } type FarPerson { id: Int email: String friend: FarPerson }'
      const transport = new MaskingTransport(new QualifiedTransport(http, { FarPerson: 'Person' }), { sdl, products: [product] }, createMaskKeyring(new Uint8Array(32)))
      const whole = await transport.send(REQUEST, CALL)
      expect(await wholeOf(await transport.sendLarge(REQUEST, CALL, WANTED))).toEqual({ data: { people: { ...(whole.data as { people: object }).people } }, errors: [] })
      expect(JSON.stringify(whole)).toContain('"FarPerson"')
      expect(JSON.stringify(whole)).not.toMatch(/example|"Person"/)
      await transport.close()
    })
  })

  it.each(['a connection of our own', 'undici'])('is handed over while it comes, by %s', async (client) => {
    let response: ServerResponse | undefined
    await withServer((begun) => { response = begun; begun.write(TEXT.slice(0, 700_000)) }, async (url) => {
      const pool = new Pool(new URL(url).origin)
      const abort = new AbortController()
      const body = await new Promise<LongBody | LargeAnswer>((resolve, reject) => {
        if (client === 'undici') collectResponse({ dispatcher: pool, subgraph: 'far', path: '/graphql', headers: [], body: '{}', maxBytes: 200_000, repeatable: true, timeoutMs: 10_000, signal: abort.signal, long: { afterBytes: 100_000, maxBytes: 10_000_000, begin: resolve } }).catch(reject)
        else new HttpTransport({ subgraph: 'far', url, identityFor: async () => 'x' }).sendLarge(REQUEST, CALL, WANTED).then((answer) => { if (isLarge(answer)) resolve(answer) }, reject)
      })
      expect((await ('read' in body ? body.read() : body.next()))?.length).toBeGreaterThan(0)
      // Nobody reads any more: the domain sees it.
      body.cancel()
      if (response !== undefined && !response.destroyed) await once(response, 'close')
      abort.abort()
      await pool.destroy()
    })
  })

  it('T07 that is reset by its domain fails for who reads it, by undici too', async () => {
    await withServer((response) => { response.write(TEXT.slice(0, 700_000), () => setTimeout(() => response.destroy(), 50)) }, async (url) => {
      const pool = new Pool(new URL(url).origin)
      let failed = ''
      const body = await new Promise<LongBody>((resolve) => {
        collectResponse({ dispatcher: pool, subgraph: 'far', path: '/graphql', headers: [], body: '{}', maxBytes: 200_000, repeatable: true, timeoutMs: 10_000, signal: CALL.signal, long: { afterBytes: 100_000, maxBytes: 10_000_000, begin: resolve } }).catch((error: Error) => { failed = error.message })
      })
      await expect((async () => { while ((await body.read()) !== undefined); })()).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
      expect(failed).toContain('not available')
      await pool.destroy()
    })
  })
})
