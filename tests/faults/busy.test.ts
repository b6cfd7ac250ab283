import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, startHttp } from '../testkit/foreign-subgraph.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { startServe, type ServeProcess } from '../testkit/serve-process.ts'

const ISSUER = 'https://issuer.test'
const SDL = 'type Query { answer: Int }'
/** Costs a good deal of processor time and no subgraph. */
const HEAVY = `{ ${Array.from({ length: 12 }, (_, index) => `a${index}: __schema { types { name description fields { name description type { name } args { name type { name } } } } }`).join(' ')} }`
/** At once: so many that the last has to wait for longer than it may. */
const FLOOD = 400

const held = new AsyncDisposableStack()
let served: ServeProcess
let token: string

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-busy-'))
  held.defer(async () => await rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'shop.graphql'), SDL)
  const shop = held.use(await startForeignSubgraph({ sdl: SDL, resolvers: { Query: { answer: () => 1 } } }))
  const keys = await loadIssuerKeys(join(folder, 'issuer'))
  const jwks = JSON.stringify({ keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) })
  const issuer = await startHttp((_request, response) => void response.setHeader('content-type', 'application/json').end(jwks))
  held.defer(issuer.close)
  token = await signPersonaToken({ id: 'ana', summary: '', scopes: [], roles: [], claims: {} }, { issuer: ISSUER, keys })
  served = held.use(await startServe(folder, JSON.stringify({
    environment: 'development', port: 0, issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwksUrl: issuer.url }],
    protection: { costMode: 'measure' },
    subgraphs: [{ name: 'shop', url: shop.url, sdl: 'shop.graphql' }],
  })))
}, 60_000)

afterAll(async () => await held.disposeAsync())

async function live(): Promise<unknown> {
  return await (await fetch(`${served.url}/health/live`, { signal: AbortSignal.timeout(60_000) })).json()
}

describe('a gateway with more to do than it can', () => {
  it('T20 sheds what it cannot take, says that it is busy and not dead, and is as before afterwards', { timeout: 120_000 }, async () => {
    expect(await live()).toEqual({ status: 'live' })
    const statuses: number[] = []
    const bodies = new Set<unknown>()
    const said: unknown[] = []
    const flood = Array.from({ length: FLOOD }, async () => {
      // Again and again, so that it is too much on a machine of any speed.
      do {
        const { status, errors } = await askGraphql(`${served.url}/graphql`, { query: HEAVY }, token)
        statuses.push(status)
        if (status !== 200) bodies.add(errors[0]?.extensions?.['code'])
      } while (!statuses.includes(503) && statuses.length < 20_000)
    })
    const over = Promise.all(flood).then(() => true)
    while (!(await Promise.race([over, delay(50, false)]))) said.push(await live())
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect([...bodies]).toEqual(['OVERLOADED'])
    expect(said).toContainEqual({ status: 'live', busy: true })
    await eventually(async () => expect(await live()).toEqual({ status: 'live' }))
    expect(await askGraphql(`${served.url}/graphql`, { query: '{ answer }' }, token)).toMatchObject({ status: 200, data: { answer: 1 } })
  })

  it('T20 is dead, and not busy, when nothing answers any more', async () => {
    process.kill(served.pid, 'SIGSTOP')
    await expect(fetch(`${served.url}/health/live`, { signal: AbortSignal.timeout(1_000) })).rejects.toMatchObject({ name: 'TimeoutError' })
    process.kill(served.pid, 'SIGCONT')
    await eventually(async () => expect(await live()).toEqual({ status: 'live' }))
    await served.stop('SIGKILL')
    await expect(live()).rejects.toThrow('fetch failed')
  })
})
