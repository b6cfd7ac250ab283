import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessDatabase, RevocationStore } from '../../gateway/access/index.ts'
import { LmdbLinkStore } from '../../gateway/crosswalk/links/index.ts'
import { verifyAuditLog } from '../../gateway/usage/index.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { askGraphql, type GatewayMesh, type MeshAnswer } from '../testkit/gateway-mesh.ts'

const held = new AsyncDisposableStack()
let mesh: GatewayMesh
let policiesDir: string

beforeAll(async () => {
  policiesDir = await mkdtemp(join(tmpdir(), 'polyseme-policies-'))
  held.defer(async () => await rm(policiesDir, { recursive: true, force: true }))
  await cp(join(import.meta.dirname, '../../subgraphs/policies'), policiesDir, { recursive: true })
  mesh = held.use(await startDemoMesh({ policiesDir, settings: { responseCache: { maxBytes: 50_000_000, maxSeconds: 600 }, protection: { callerBudget: { cost: 1_000_000 } } } }))
}, 120_000)

afterAll(async () => await held.disposeAsync())

const CUSTOMERS = '{ sales { customers(first: 5, orderBy: [{ customerId: ASC }]) { nodes { customerId name region } } } }'
const EMAILS = '{ support { customers(first: 5) { nodes { email } } } }'
const COUNTERPARTS = '{ sales { customers(first: 20, orderBy: [{ customerId: ASC }]) { nodes { customerId asBillingCustomer { customerId } } } } }'

async function ask(query: string, as = 'analyst', headers: Readonly<Record<string, string>> = {}): Promise<MeshAnswer> {
  return await askGraphql(`${mesh.url}/graphql`, { query }, await mesh.token(as), headers)
}

/** Calls to domains so far. */
async function callsSoFar(): Promise<number> {
  const text = await (await fetch(`${mesh.url}/metrics`)).text()
  return [...text.matchAll(/^polyseme_subgraph_calls_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function audited(): Promise<readonly unknown[]> {
  const found: unknown[] = []
  expect(await verifyAuditLog(join(mesh.config.dataDir, 'audit'), { onRecord: ({ entry }) => found.push(entry) })).toMatchObject({ kind: 'intact' })
  return found
}

const cacheHeaders = ({ headers }: MeshAnswer): readonly unknown[] => ['age', 'cache-control', 'vary'].map((name) => headers.get(name))

describe('kept answers', () => {
  it('are for their caller: nobody is asked again, and headers say for how long', async () => {
    const first = await ask(CUSTOMERS)
    const calls = await callsSoFar()
    const second = await ask(CUSTOMERS)
    expect(second.data).toEqual(first.data)
    expect([first, second].map(({ headers }) => headers.get('cache-control'))).toEqual(['private, max-age=600', 'private, max-age=600'])
    expect(Number(second.headers.get('age'))).toBeLessThan(60)
    expect(second.headers.get('vary')).toContain('authorization')
    expect(await callsSoFar()).toBe(calls)
    await ask(CUSTOMERS, 'bi-service')
    expect(await callsSoFar()).toBe(calls + 1)
  })

  it('of a document that is named by its hash are what a browser may keep for this caller, by GET', async () => {
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(CUSTOMERS).digest('hex') } })
    const get = async (parameters: Record<string, string>, as = 'analyst'): Promise<Response> => await fetch(`${mesh.url}/graphql?${new URLSearchParams({ ...parameters, extensions })}`, { headers: { 'authorization': `Bearer ${await mesh.token(as)}`, 'apollo-require-preflight': 'true' } })
    const unknown = await get({})
    expect([unknown.headers.get('cache-control'), await unknown.json()]).toEqual(['no-store', { errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] }])
    const whole = await (await get({ query: CUSTOMERS })).text()
    const calls = await callsSoFar()
    const named = await get({})
    expect([named.headers.get('cache-control'), named.headers.get('vary'), await named.text()]).toEqual(['private, max-age=600', expect.stringContaining('authorization'), whole])
    expect(await callsSoFar()).toBe(calls)
    expect(await (await get({}, 'nobody')).json()).toMatchObject({ data: { sales: null } })
  })

  it('F22 are never those of another caller with other rights', async () => {
    const all = await ask(CUSTOMERS)
    const emea = await ask(CUSTOMERS, 'sales-analyst-emea')
    expect(JSON.stringify(all.data)).toMatch(/AMER|APAC/)
    expect(JSON.stringify(emea.data)).not.toMatch(/AMER|APAC/)
    expect(await ask(CUSTOMERS, 'nobody').then(({ data }) => JSON.stringify(data))).not.toContain('customerId')
    expect((await ask(CUSTOMERS, 'sales-analyst-emea')).data).toEqual(emea.data)
  })

  it('are left out where the request says so', async () => {
    await ask(CUSTOMERS)
    for (const value of ['no-cache', 'no-store', 'max-age=0, no-cache']) {
      const calls = await callsSoFar()
      expect((await ask(CUSTOMERS, 'analyst', { 'cache-control': value })).errors).toEqual([])
      expect(await callsSoFar()).toBe(calls + 1)
    }
    const calls = await callsSoFar()
    await ask(CUSTOMERS, 'analyst', { 'cache-control': 'max-age=600' })
    expect(await callsSoFar()).toBe(calls)
  })

  it('are not made of what no contract speaks about, of errors, or of who has access', async () => {
    for (const [query, as] of [
      ['{ __schema { queryType { name } } }', 'analyst'],
      ['{ sales { customers(first: 1) { nodes { name } } } billing { customers(first: 1) { nodes { name } } } }', 'support-agent'],
      ['{ access { agreements { id } } }', 'analyst'],
    ] as const) {
      const answer = await ask(query, as)
      expect(cacheHeaders(answer)).toEqual([null, 'no-store', null])
    }
  })

  it('are audited and charged for as any other', async () => {
    await ask(EMAILS)
    const before = (await audited()).length
    const answer = await ask(EMAILS, 'analyst', { 'x-polyseme-cost': 'include' })
    expect(answer.headers.get('age')).not.toBeNull()
    expect(Number(answer.headers.get('x-polyseme-cost-actual'))).toBeGreaterThan(5)
    expect(answer.headers.get('ratelimit')).toMatch(/^"cost";r=\d+;t=\d+$/)
    expect((await audited()).slice(before)).toMatchObject([{ subject: 'analyst', outcome: 'answered', rows: 5, fields: { 'SupportCustomer.email': expect.any(String) } }])
  })

  it('E11 end with the links that they were made of', async () => {
    const counterparts = (answer: MeshAnswer): number => JSON.stringify(answer.data).split('asBillingCustomer":[{').length - 1
    const before = await ask(COUNTERPARTS)
    expect(counterparts(before)).toBeGreaterThan(0)
    expect(before.headers.get('age')).toBe('0')
    const calls = await callsSoFar()
    expect((await ask(COUNTERPARTS)).data).toEqual(before.data)
    expect(await callsSoFar()).toBe(calls)
    // As another process that shares the store does it.
    const store = LmdbLinkStore.open(join(mesh.config.dataDir, 'crosswalk'))
    await store.load('sales-customer--billing-customer', [], { digest: 'none', nowMs: Date.now() })
    await store.close()
    expect(counterparts(await ask(COUNTERPARTS))).toBe(0)
  })

  it('end with the policies that they were made by', async () => {
    const clear = await ask(CUSTOMERS)
    expect(JSON.stringify(clear.data)).not.toContain('•••')
    await writeFile(join(policiesDir, 'names.cedar'), '@mask("null") forbid (principal, action == Action::"reveal", resource == Field::"SalesCustomer.name");')
    await eventually(async () => {
      const nodes = ((await ask(CUSTOMERS)).data?.['sales'] as { customers: { nodes: { name: string }[] } } | undefined)?.customers.nodes
      expect(nodes?.map(({ name }) => name)).toEqual(Array.from({ length: 5 }, () => '•••'))
    })
    await rm(join(policiesDir, 'names.cedar'))
    await eventually(async () => expect((await ask(CUSTOMERS)).data).toEqual(clear.data))
  })

  it('J21 are not for a revoked caller', async () => {
    expect((await ask(CUSTOMERS, 'steward')).status).toBe(200)
    using database = new AccessDatabase({ file: join(mesh.config.dataDir, 'access.db') })
    new RevocationStore(database).add({ kind: 'subject', issuer: 'https://issuer.test', subject: 'steward' }, { actor: 'operator' })
    await eventually(async () => expect((await ask(CUSTOMERS, 'steward')).status).toBe(401))
  })
})
