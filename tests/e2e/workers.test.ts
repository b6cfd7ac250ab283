import { loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { loadDomain, startSubgraph } from '@polyseme/kit/subgraph'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessDatabase, AgreementStore, PersonalTokenStore, RevocationStore } from '../../gateway/access/index.ts'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken, type IssuerKeys, type Persona } from '../../gateway/issuer/index.ts'
import { verifyAuditLog, type AuditEntry } from '../../gateway/usage/index.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, startHttp, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import { postFor, readLong } from '../testkit/post-for-export.ts'
import { startServe, type ServeProcess } from '../testkit/serve-process.ts'
import { PEOPLE_CONTRACT } from '../testkit/people-contract.ts'

const ISSUER = 'https://issuer.test'
const ANA: Persona = { id: 'ana', summary: '', scopes: ['hr:read', 'slow:publish'], roles: [], claims: {} }
const PEOPLE = '{ hr { people { nodes { personId email } } } }'
/** Says after a while that it did what it was asked. */
const SLOW_SDL = 'type Query { after(ms: Int!): Int }'
const SLOW_RESOLVERS = { Query: { after: async (_parent: unknown, { ms }: { readonly ms: number }) => await delay(ms, ms) } }

const held = new AsyncDisposableStack()
let folder: string
let mesh: string
let keys: IssuerKeys
let token: string
let served: ServeProcess
let database: AccessDatabase
/** What answers `after` now. */
let slowDomain: ForeignSubgraph | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-workers-'))
  held.defer(async () => await rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'hr'))
  await writeFile(join(folder, 'hr/people.odcs.yaml'), PEOPLE_CONTRACT)
  await writeFile(join(folder, 'people.csv'), 'person_id,email\n1,ana@example.com\n')
  await writeFile(join(folder, 'slow.graphql'), SLOW_SDL)
  const keysDir = join(folder, '.polyseme/keys')
  const signingKey = await loadOrCreateSigningKey(keysDir)
  const loaded = await loadDomain(join(folder, 'hr'))
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.diagnostics))
  const hr = await startSubgraph({ products: loaded.value.products, dataDir: folder, trust: signingKey.publicJwks, port: 0 })
  held.defer(async () => await hr.close())
  const slow = held.use(await startForeignSubgraph({ sdl: SLOW_SDL, resolvers: SLOW_RESOLVERS }))
  keys = await loadIssuerKeys(keysDir)
  const jwks = JSON.stringify({ keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) })
  const issuer = await startHttp((_request, response) => void response.setHeader('content-type', 'application/json').end(jwks))
  held.defer(issuer.close)
  mesh = JSON.stringify({
    environment: 'development', port: 0, protection: { callerBudget: { cost: 100_000, windowSeconds: 86_400 } }, registry: { file: '.polyseme/registry.sqlite' },
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwksUrl: issuer.url }],
    subgraphs: [{ name: 'hr', url: hr.url, contracts: 'hr' }, { name: 'slow', url: slow.url, sdl: 'slow.graphql' }],
  })
  token = await signPersonaToken(ANA, { issuer: ISSUER, keys })
  served = held.use(await startServe(folder, mesh, ['--workers', '2']))
  database = held.use(new AccessDatabase({ file: join(folder, '.polyseme/access.db') }))
}, 120_000)

afterAll(async () => await held.disposeAsync())

interface Answer {
  readonly status: number
  readonly supergraph: string | undefined
  readonly body: { readonly data?: Record<string, unknown> | null; readonly errors?: readonly { readonly extensions: { readonly code: string } }[] }
}

/** On a connection of its own, so that the workers take turns. */
async function ask(query: string, bearer = token): Promise<Answer> {
  const { status, headers, body } = await send('/graphql', JSON.stringify({ query }), { 'authorization': `Bearer ${bearer}`, 'content-type': 'application/json', 'x-purpose': 'fraud' })
  const supergraph = headers['x-polyseme-supergraph']
  return { status, supergraph: typeof supergraph === 'string' ? supergraph : undefined, body: JSON.parse(body) as Answer['body'] }
}

async function send(path: string, body: string | undefined, headers: Record<string, string> = {}): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }> {
  return await new Promise((resolve, reject) => {
    const sent = request(new URL(path, served.url), { method: body === undefined ? 'GET' : 'POST', headers, agent: false, signal: AbortSignal.timeout(30_000) }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function askTimes(count: number, query: string, bearer = token): Promise<readonly Answer[]> {
  return await Promise.all(Array.from({ length: count }, async () => await ask(query, bearer)))
}

/** Answered GraphQL requests by worker number. */
async function requestsByWorker(): Promise<ReadonlyMap<string, number>> {
  const { body } = await send('/metrics', undefined)
  return new Map([...body.matchAll(/^polyseme_graphql_requests_total\{worker="(\d+)",error="none"\} (\d+)$/gm)].map(([, worker = '', count]) => [worker, Number(count)]))
}

const AGREEMENT = { product: 'hr/people', consumer: 'ana', people: ['ana'], purpose: 'fraud', useCase: 'Find people that exist twice.', until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) }

describe('a gateway of two workers', () => {
  it('charges a caller once, whichever worker answers', async () => {
    const headers = { 'authorization': `Bearer ${await signPersonaToken({ ...ANA, id: 'spender' }, { issuer: ISSUER, keys })}`, 'content-type': 'application/json', 'x-polyseme-cost': 'include' }
    const query = `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: hr { __typename }`).join(' ')} }`
    const begunMs = performance.now()
    const left: number[] = []
    for (let times = 0; times < 6; times++) {
      const { headers: answered } = await send('/graphql', JSON.stringify({ query }), headers)
      expect(answered['x-polyseme-cost-actual']).toBe('40')
      left.push(Number(/r=(\d+)/.exec(String(answered['ratelimit']))?.[1]))
    }
    const filledUp = ((performance.now() - begunMs) / 86_400_000) * 100_000
    expect(left.at(-1)).toBeLessThanOrEqual(100_000 - 6 * 40 + filledUp)
    expect((await requestsByWorker()).size).toBe(2)
  })

  it('answers by both, on one port, and says so in one set of metrics', async () => {
    const answers = await askTimes(20, '{ after(ms: 1) }')
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(new Set(['{"data":{"after":1}}']))
    const counted = await requestsByWorker()
    expect([...counted.keys()].sort()).toEqual(['1', '2'])
    expect(Math.min(...counted.values())).toBeGreaterThan(0)
    const { body } = await send('/metrics', undefined)
    expect(body).toContain('polyseme_workers{state="serving"} 2\n')
    expect(body.match(/^# TYPE polyseme_graphql_duration_seconds histogram$/gm)).toHaveLength(1)
    expect(await served.workers()).toHaveLength(2)
  })

  it('refuses by both what is not agreed, within a second of the revocation of the agreement', { timeout: 60_000 }, async () => {
    const agreements = new AgreementStore(database)
    const { id } = agreements.request(AGREEMENT, 'ana')
    agreements.decide(id, 'approved', { actor: 'olga' })
    await delay(1_000)
    const granted = await askTimes(8, PEOPLE)
    expect(granted.map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => ({ data: { hr: { people: { nodes: [{ personId: 1, email: 'ana@example.com' }] } } } })))
    agreements.decide(id, 'revoked', { actor: 'olga' })
    await delay(1_000)
    for (const { body } of await askTimes(8, PEOPLE)) expect(body).toMatchObject({ data: { hr: null }, errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] })
  })

  it('J21 refuses by both a revoked token and a revoked personal token, within a second', { timeout: 60_000 }, async () => {
    const ben: Persona = { ...ANA, id: 'ben' }
    const bensToken = await signPersonaToken(ben, { issuer: ISSUER, keys })
    const personal = new PersonalTokenStore(database)
    const { secret, token: made } = personal.create({ issuer: ISSUER, subject: 'cleo', scopes: new Set(['hr:read']), roles: [], claims: {}, expiresAtSec: 4_000_000_000 }, { name: 'sheet', scopes: ['hr:read'], days: 1 })
    await delay(1_000)
    for (const bearer of [bensToken, secret]) expect((await askTimes(8, '{ after(ms: 1) }', bearer)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    new RevocationStore(database).add({ kind: 'subject', issuer: ISSUER, subject: 'ben' }, { actor: 'olga' })
    personal.revoke(made.id)
    await delay(1_000)
    for (const bearer of [bensToken, secret]) expect((await askTimes(8, '{ after(ms: 1) }', bearer)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 401))
  })

  it('writes one audit log, whose chain holds with the accesses of both', async () => {
    const entries: AuditEntry[] = []
    expect(await verifyAuditLog(join(folder, '.polyseme/audit'), { onRecord: ({ entry }) => entries.push(entry) })).toMatchObject({ kind: 'intact', torn: false })
    expect(entries.filter(({ outcome, fields }) => outcome === 'answered' && fields['HrPerson.email'] === 'confidential')).toHaveLength(8)
  })

  it('T23 takes a published graph over in both', { timeout: 60_000 }, async () => {
    const first = (await ask('{ after(ms: 1) }')).supergraph
    const next = (slowDomain = held.use(await startForeignSubgraph({ sdl: 'type Query { after(ms: Int!): Int more: Int }', resolvers: { Query: { ...SLOW_RESOLVERS.Query, more: () => 7 } } })))
    const output: string[] = []
    const code = await runCommandLine(['adopt', next.url, '--domain', 'slow', '--naming', 'verbatim', '--message', 'more'], {
      out: (line) => void output.push(line), err: (line) => void output.push(line), cwd: folder, signal: new AbortController().signal,
      env: { POLYSEME_REGISTRY: served.url, POLYSEME_TOKEN: token },
    })
    expect([code, output.join('\n')]).toEqual([0, expect.stringMatching(/^step 2/) as string])
    await eventually(async () => {
      const answers = await askTimes(8, '{ more }')
      expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => ({ data: { more: 7 } })))
      expect(new Set(answers.map(({ supergraph }) => supergraph)).size).toBe(1)
      expect(answers[0]?.supergraph).not.toBe(first)
    })
  })

  it('loses no more than what a killed worker had under way, and replaces it', { timeout: 60_000 }, async () => {
    const [victim = 0] = await served.workers()
    const failed: number[] = []
    let asked = 0
    const enough = new AbortController()
    const load = Array.from({ length: 8 }, async () => {
      while (!enough.signal.aborted) {
        const begunMs = performance.now()
        asked += 1
        const { status } = await ask('{ after(ms: 20) }').catch(() => ({ status: 0 }))
        if (status !== 200) failed.push(begunMs)
      }
    })
    await eventually(async () => await Promise.resolve(expect(asked).toBeGreaterThan(40)))
    process.kill(victim, 'SIGKILL')
    await eventually(async () => await Promise.resolve(expect(served.log.join('\n')).toContain('a worker ended')))
    const seenMs = performance.now()
    await eventually(async () => await Promise.resolve(expect(served.log.join('\n')).toContain('a worker took the place')), 40_000)
    const sinceReplaced = asked
    await eventually(async () => await Promise.resolve(expect(asked).toBeGreaterThan(sinceReplaced + 40)))
    enough.abort()
    await Promise.all(load)
    expect(failed.length).toBeLessThanOrEqual(8)
    expect(failed.filter((begunMs) => begunMs > seenMs)).toEqual([])
    expect(await served.workers()).toHaveLength(2)
    expect(await served.workers()).not.toContain(victim)
    const before = await requestsByWorker()
    await askTimes(20, '{ after(ms: 1) }')
    const after = await requestsByWorker()
    for (const [worker, count] of after) expect(count).toBeGreaterThan(before.get(worker) ?? 0)
  })

  it('closes the connection that a hung worker was handed and never took, once it is killed', { timeout: 60_000 }, async () => {
    const [victim = 0] = await served.workers()
    process.kill(victim, 'SIGSTOP')
    const asked = Array.from({ length: 6 }, async () => await ask('{ after(ms: 1) }').then(({ status }) => status, (error: unknown) => error instanceof Error && 'code' in error ? error.code : 'other'))
    let settled = 0
    for (const answer of asked) void answer.then(() => { settled += 1 })
    await eventually(async () => await Promise.resolve(expect(settled).toBe(5)))
    process.kill(victim, 'SIGKILL')
    expect((await Promise.all(asked)).filter((outcome) => outcome !== 200)).toEqual(['ECONNRESET'])
    await eventually(async () => expect(await (await fetch(`${served.url}/health/ready`)).json()).toMatchObject({ status: 'ready' }))
    await eventually(async () => expect((await send('/metrics', undefined)).body).toContain('polyseme_workers{state="serving"} 2\n'), 40_000)
  })

  it('T25 answers what is under way in every worker before it ends', { timeout: 60_000 }, async () => {
    const before = slowDomain?.asked.length ?? 0
    const answers = Array.from({ length: 8 }, async () => await ask('{ after(ms: 1500) }'))
    await eventually(async () => await Promise.resolve(expect(slowDomain?.asked).toHaveLength(before + 8)))
    const workers = await served.workers()
    expect(await served.stop()).toEqual({ code: 0, signal: null })
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => ({ data: { after: 1500 } })))
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await verifyAuditLog(join(folder, '.polyseme/audit'))).toMatchObject({ kind: 'intact', torn: false })
  })
})

describe('a gateway of two workers that export when it ends', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('T25 X04 has the end of each export in the audit log, and says that it was the gateway that cut it; %s', { timeout: 120_000 }, async (signal) => {
    const home = await mkdtemp(join(tmpdir(), 'polyseme-workers-export-'))
    held.defer(async () => await rm(home, { recursive: true, force: true }))
    await mkdir(join(home, 'hr'))
    await writeFile(join(home, 'hr/people.odcs.yaml'), PEOPLE_CONTRACT.replace(/^customProperties:.*\n/m, ''))
    const hr = await startHttp(async (asked, response) => {
      const { variables = {} } = JSON.parse(await text(asked)) as { variables?: { readonly pageAfter?: string } }
      // The second page never comes.
      if (variables.pageAfter === undefined) response.setHeader('content-type', 'application/json').end('{"data":{"hr":{"people":{"nodes":[{"personId":1,"email":"a"}],"polyseme_page":{"hasNextPage":true,"endCursor":"1"}}}}}')
    })
    held.defer(hr.close)
    const config = JSON.parse(mesh) as object
    const gateway = held.use(await startServe(home, JSON.stringify({ ...config, registry: undefined, subgraphs: [{ name: 'hr', url: hr.url, contracts: 'hr' }] }), ['--workers', '2']))
    const exports = await Promise.all(Array.from({ length: 4 }, async (_unused, index) => await postFor(`${gateway.url}/export`, { query: PEOPLE, format: 'ndjson' }, { token: await signPersonaToken({ ...ANA, id: `exporter-${index}` }, { issuer: ISSUER, keys }) })))
    const ends = Promise.all(exports.map(async (response) => await readLong(response)))
    expect(await gateway.stop(signal)).toEqual({ code: 0, signal: null })
    expect((await ends).map(({ status, complete }) => ({ status, complete }))).toEqual(Array.from({ length: 4 }, () => ({ status: 200, complete: false })))
    const outcomes: string[] = []
    expect(await verifyAuditLog(join(home, '.polyseme/audit'), { onRecord: ({ entry }) => outcomes.push(entry.outcome) })).toMatchObject({ kind: 'intact', torn: false })
    expect(outcomes.sort()).toEqual([...Array.from({ length: 4 }, () => 'interrupted'), ...Array.from({ length: 4 }, () => 'started')])
    expect(gateway.log.filter((line) => /an export was cut.*GATEWAY_STOPPED/.test(line))).toHaveLength(4)
    expect(new Set(gateway.log.flatMap((line) => /an export was cut/.test(line) ? [/"worker":(\d)/.exec(line)?.[1]] : [])).size).toBe(2)
  })
})

describe('a gateway whose primary process is killed', () => {
  it('leaves no worker behind, and starts again on the same data', { timeout: 120_000 }, async () => {
    const first = await startServe(folder, mesh, ['--workers', '2'])
    const workers = await first.workers()
    await first.stop('SIGKILL')
    for (const pid of workers) await eventually(async () => await Promise.resolve(expect(() => process.kill(pid, 0)).toThrow('ESRCH')))
    await expect(fetch(`${first.url}/health/live`)).rejects.toThrow('fetch failed')
    const second = held.use(await startServe(folder, mesh, ['--workers', '2']))
    expect(await (await fetch(`${second.url}/health/ready`)).json()).toMatchObject({ status: 'ready' })
    expect(await second.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('a gateway whose workers cannot start', () => {
  it('says why, and ends', { timeout: 60_000 }, async () => {
    const busy = await startHttp((_request, response) => void response.end())
    held.defer(busy.close)
    await expect(startServe(folder, JSON.stringify({ ...JSON.parse(mesh) as object, port: Number(new URL(busy.url).port) }), ['--workers', '2'])).rejects.toThrow(/error PORT_IN_USE: port \d+ on 127\.0\.0\.1 is in use/)
  })
})
