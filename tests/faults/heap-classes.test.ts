import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { startForeignSubgraph, startHttp } from '../testkit/foreign-subgraph.ts'
import { countHeapClasses, HEAP_ENV, type HeapClasses } from '../testkit/heap-classes.ts'
import { startServe, type ServeProcess } from '../testkit/serve-process.ts'

/** `POLYSEME_LOAD_SECONDS=300` for the whole case; without it a few hundred requests between snapshots. */
const LOAD_MS = Number(process.env['POLYSEME_LOAD_SECONDS'] ?? 0) * 1_000
const SNAPSHOTS = 5
const SHORT_REQUESTS = 400

const ISSUER = 'https://issuer.test'
const AUTH = '@link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@requiresScopes"])'
const PEOPLE = `extend schema ${AUTH} type Query { people(first: Int): [Person!] broken: Int } type Person { id: ID! name: String secret: String @requiresScopes(scopes: [["people:secret"]]) }`
const TOWNS = 'type Query { towns(first: Int): [Town!] } type Town { name: String }'

const held = new AsyncDisposableStack()
let folder: string
let served: ServeProcess
let tokens: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-heap-'))
  held.defer(async () => await rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'people.graphql'), PEOPLE)
  await writeFile(join(folder, 'towns.graphql'), TOWNS)
  const people = held.use(await startForeignSubgraph({ sdl: PEOPLE, resolvers: { Query: {
    people: (_parent: unknown, { first = 3 }: { readonly first?: number }) => Array.from({ length: first }, (_, id) => ({ id: String(id), name: `name ${id}`, secret: 's' })),
    broken: () => { throw new Error('broken') },
  } } }))
  const towns = held.use(await startForeignSubgraph({ sdl: TOWNS, resolvers: { Query: { towns: (_parent: unknown, { first = 3 }: { readonly first?: number }) => Array.from({ length: first }, (_, id) => ({ name: `town ${id}` })) } } }))
  const keys = await loadIssuerKeys(join(folder, 'issuer'))
  const jwks = JSON.stringify({ keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) })
  const issuer = await startHttp((_request, response) => void response.setHeader('content-type', 'application/json').end(jwks))
  held.defer(issuer.close)
  tokens = await Promise.all(Array.from({ length: 12 }, async (_, index) => await signPersonaToken({ id: `caller-${index}`, summary: '', scopes: index % 2 === 0 ? ['people:secret'] : [], roles: [], claims: {} }, { issuer: ISSUER, keys })))
  served = held.use(await startServe(folder, JSON.stringify({
    environment: 'development', port: 0, issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwksUrl: issuer.url }],
    subgraphs: [{ name: 'people', url: people.url, sdl: 'people.graphql' }, { name: 'towns', url: towns.url, sdl: 'towns.graphql' }],
  }), [], HEAP_ENV))
}, 60_000)

afterAll(async () => await held.disposeAsync())

/** What clients send, right and wrong; the same things again and again, since what is new is kept for a while. */
const BODIES: readonly ((turn: number) => unknown)[] = [
  (turn) => ({ query: 'query List($first: Int) { people(first: $first) { id name secret } towns { name } }', variables: { first: turn % 50 } }),
  (turn) => ({ query: `{ ${Array.from({ length: 1 + (turn % 12) }, (_, index) => `p${index}: towns(first: ${index}) { name }`).join(' ')} }` }),
  () => ({ query: '{ broken people { name } }' }),
  () => ({ query: '{ people { nothing } }' }),
  () => ({ query: '{ people {' }),
  () => ({ query: '{ __schema { queryType { name } } people { __typename } }' }),
  () => ({ query: '{ people { id } }', extensions: { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update('{ people { id } }').digest('hex') } } }),
  () => [],
]

async function send(turn: number): Promise<void> {
  const body = JSON.stringify(BODIES[turn % BODIES.length]?.(turn))
  const token = turn % 17 === 0 ? 'nobody' : tokens[turn % tokens.length]
  // Some clients leave before they are answered.
  const signal = AbortSignal.timeout(turn % 13 === 0 ? 2 : 30_000)
  await fetch(`${served.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}`, 'x-purpose': 'test' }, body, signal }).then(async (response) => await response.text(), () => undefined)
}

/** Sends for a while, a few requests at a time; how many. */
async function load(from: number): Promise<number> {
  const endMs = performance.now() + LOAD_MS / SNAPSHOTS
  let sent = 0
  while (sent < SHORT_REQUESTS || performance.now() < endMs) {
    await Promise.all(Array.from({ length: 8 }, async (_, index) => await send(from + sent + index)))
    sent += 8
  }
  return sent
}

describe('a gateway under load', () => {
  it('T21 holds no class of objects of which there are more in every heap snapshot', { timeout: 120_000 + 3 * LOAD_MS }, async () => {
    let sent = await load(0) + await load(400)
    const snapshots: HeapClasses[] = [await countHeapClasses(served.pid, folder)]
    const perRound: number[] = []
    while (snapshots.length < SNAPSHOTS) {
      const round = await load(sent)
      sent += round
      perRound.push(round)
      snapshots.push(await countHeapClasses(served.pid, folder))
    }
    const [first, ...later] = snapshots
    if (first === undefined) throw new TypeError('no snapshot')
    // What is lost with each request, or with each twentieth, shows in every round; what a cache learns or the compiler makes does not.
    const growing = [...first.keys(), ...later.flatMap((classes) => [...classes.keys()])].filter((name, at, all) => all.indexOf(name) === at).filter((name) =>
      later.every((classes, index) => (classes.get(name) ?? 0) - (snapshots[index]?.get(name) ?? 0) > (perRound[index] ?? 0) / 20))
    expect(growing.map((name) => [name, snapshots.map((classes) => classes.get(name) ?? 0)])).toEqual([])
    expect(first.size).toBeGreaterThan(100)
  })
})
