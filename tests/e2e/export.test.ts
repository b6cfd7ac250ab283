import { QueryPlanner } from '@graphql-hive/router-query-planner'
import { CALL_IDENTITY_HEADER, createCallSigner, loadOrCreateSigningKey, type Principal } from '@polyseme/kit/identity'
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition'
import { parse } from 'graphql'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { findPersona } from '../../gateway/issuer/index.ts'
import { createLog, startCrosswalk } from '../../gateway/main.ts'
import { parse as parseYaml } from 'yaml'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { askGraphql, type GatewayMesh } from '../testkit/gateway-mesh.ts'
import { signingAs, startHiveGateway, startStockGateway } from '../testkit/other-gateways.ts'

let mesh: GatewayMesh
let folder: string
let crosswalk: Awaited<ReturnType<typeof startCrosswalk>>

beforeAll(async () => {
  mesh = await startDemoMesh({ withRegistry: true })
  folder = await mkdtemp(join(tmpdir(), 'polyseme-export-'))
  await cp(join(mesh.config.dataDir, 'links'), join(folder, 'data/links'), { recursive: true, dereference: true })
  crosswalk = await startCrosswalk({ ...mesh.config, port: 0, dataDir: join(folder, 'data'), keysDir: mesh.config.keysDir }, { log: createLog(() => undefined) })
  const env = { POLYSEME_REGISTRY: mesh.url, POLYSEME_TOKEN: await mesh.token('analyst') }
  const argv = ['supergraph', 'export', 'out', '--lexicon', mesh.config.lexiconDir ?? '', '--crosswalk-url', `${crosswalk.url}/graphql`]
  const write = (): void => undefined
  expect(await runCommandLine(argv, { out: write, err: write, env, cwd: folder, signal: new AbortController().signal })).toBe(0)
})

afterAll(async () => {
  await crosswalk.close()
  await mesh[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const QUERIES = [
  '{ sales { customers(first: 5, orderBy: [{ customerId: ASC }]) { totalCount nodes { customerId name country orders(first: 2) { nodes { orderId } } } } } }',
  '{ sales { customers(first: 20) { nodes { name asBillingCustomer { legalName openBalance currency } asSupportCustomer { tickets { totalCount } } } } } }',
  '{ sales { customers(first: 5) { nodes { mappings(to: ["billing.Customer"]) { to { key } predicate confidence rule source validFrom } } } } billing { customers(first: 3) { nodes { customerId asSalesCustomer { name } } } } }',
]

/** Rows that a filter leaves out for somebody, values that are hashed or told in steps for a program, what nobody but its domain may read. */
const RESTRICTED = [
  ['sales-analyst-emea', '{ sales { customers(first: 20, orderBy: [{ customerId: ASC }]) { totalCount nodes { customerId name region } } } }'],
  ['sales-analyst-emea', '{ sales { customers(first: 10) { nodes { name asMarketingLead { form email } } } } }'],
  ['bi-service', '{ sales { customers(first: 10, orderBy: [{ customerId: ASC }]) { nodes { customerId contactEmail phone annualRevenue } } } }'],
] as const

async function askCoprocessor(body: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${crosswalk.url}/coprocessor`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.status).toBe(200)
  return await response.json() as Readonly<Record<string, unknown>>
}

describe('the exported supergraph', () => {
  it('has what each router needs, and its configuration parses', async () => {
    expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(['README.md', 'apollo-router.yaml', 'cosmo-graph.yaml', 'cosmo-router.yaml', 'hive-router.yaml', 'subgraphs', 'supergraph-open.graphql', 'supergraph.graphql'])
    const graph = parseYaml(await readFile(join(folder, 'out/cosmo-graph.yaml'), 'utf8')) as { subgraphs: { name: string; routing_url: string; schema: { file: string } }[] }
    expect(graph.subgraphs.map(({ name }) => name).toSorted()).toEqual(['billing', 'crosswalk', 'marketing', 'sales', 'support'])
    for (const { schema } of graph.subgraphs) expect(await readFile(join(folder, 'out', schema.file), 'utf8')).toContain('type ')
    for (const name of ['apollo-router', 'cosmo-router', 'hive-router']) expect(parseYaml(await readFile(join(folder, `out/${name}.yaml`), 'utf8'))).toBeTypeOf('object')
    expect(await readFile(join(folder, 'out/supergraph.graphql'), 'utf8')).toContain('@requiresScopes(scopes: [["sales:read"]])')
    expect(await readFile(join(folder, 'out/supergraph-open.graphql'), 'utf8')).not.toMatch(/requiresScopes|inprocess:/)
  })

  it('is composed by Cosmo\'s own composition, and planned by Hive Router\'s own planner', async () => {
    const files = await readdir(join(folder, 'out/subgraphs'))
    const subgraphs = await Promise.all(files.map(async (file) => ({ name: file.replace('.graphql', ''), url: 'http://127.0.0.1:1/', definitions: parse(await readFile(join(folder, 'out/subgraphs', file), 'utf8')) })))
    expect(federateSubgraphs({ subgraphs, version: ROUTER_COMPATIBILITY_VERSION_ONE })).toMatchObject({ success: true, warnings: [] })
    const planner = new QueryPlanner(await readFile(join(folder, 'out/supergraph.graphql'), 'utf8'))
    for (const query of QUERIES) expect(JSON.stringify(planner.plan(query, undefined, new Set(), 0))).toContain('"serviceName":"sales"')
  })

  it.each([
    ['the stock @apollo/gateway', startStockGateway],
    ['Hive Gateway\'s runtime', startHiveGateway],
  ])('gives the same answers on %s', { timeout: 120_000 }, async (_name, start) => {
    const analyst = findPersona('analyst')
    if (analyst === undefined) throw new TypeError('there is an analyst')
    const principal: Principal = { issuer: 'https://issuer.test', subject: 'analyst', scopes: new Set(analyst.scopes), roles: analyst.roles, claims: {}, expiresAtSec: Math.floor(Date.now() / 1_000) + 600 }
    const other = await start(await readFile(join(folder, 'out/supergraph-open.graphql'), 'utf8'), await signingAs(principal, mesh.config.keysDir))
    for (const query of QUERIES) {
      const ours = await mesh.ask(query, { as: 'analyst' })
      expect(ours.errors).toEqual([])
      expect(await other.ask(query)).toEqual({ data: ours.data })
    }
    await other.stop()
  })

  it.each([
    ['Apollo Router', 'RouterRequest', (value: string): readonly string[] => [value]],
    ['Hive Router', 'router.request', (value: string): string => value],
  ])('with the coprocessor of %s masks, row filters and what is forbidden are the same as here', { timeout: 60_000 }, async (_name, stage, written) => {
    for (const [persona, query] of RESTRICTED) {
      const authorization = written(`Bearer ${await mesh.token(persona)}`)
      const told = await askCoprocessor({ version: 1, id: 'r1', stage, control: 'continue', headers: { authorization, 'polyseme-identity-sales': written('forged') } })
      expect(told).toMatchObject({ version: 1, id: 'r1', stage, control: 'continue', headers: { authorization } })
      const headers = told['headers'] as Readonly<Record<string, string | readonly string[]>>
      expect(Object.keys(headers).toSorted()).toEqual(['authorization', ...['billing', 'crosswalk', 'marketing', 'sales', 'support'].map((name) => `polyseme-identity-${name}`)])
      const hive = startHiveGateway(await readFile(join(folder, 'out/supergraph-open.graphql'), 'utf8'), (subgraph) => Promise.resolve([headers[`polyseme-identity-${subgraph}`]].flat()[0] ?? ''))
      const ours = await mesh.ask(query, { as: persona })
      expect(ours.data).not.toEqual((await mesh.ask(query, { as: 'steward' })).data)
      expect(await hive.ask(query)).toEqual({ data: ours.data })
      await hive.stop()
    }
  })

  it('what a caller may not read is null, whatever the router lets through', { timeout: 60_000 }, async () => {
    const { headers } = await askCoprocessor({ version: 1, stage: 'router.request', control: 'continue', headers: { authorization: `Bearer ${await mesh.token('support-agent')}` } }) as { headers: Readonly<Record<string, string>> }
    const hive = startHiveGateway(await readFile(join(folder, 'out/supergraph-open.graphql'), 'utf8'), (subgraph) => Promise.resolve(headers[`polyseme-identity-${subgraph}`] ?? ''))
    const answer = await hive.ask('{ billing { customers(first: 3) { nodes { legalName openBalance } } } }')
    expect(JSON.stringify(answer)).not.toMatch(/"(?:legalName|openBalance)":"/)
    await hive.stop()
  })

  it('who has no valid token gets no signed call, from the coprocessor and from /authorize', async () => {
    for (const headers of [{}, { authorization: 'Bearer no.such.token' }]) {
      expect(await askCoprocessor({ version: 1, stage: 'router.request', control: 'continue', headers })).toMatchObject({ control: { break: 401 }, body: expect.stringContaining('UNAUTHENTICATED') as string })
      expect((await fetch(`${crosswalk.url}/authorize`, { headers })).status).toBe(401)
    }
    const signed = await fetch(`${crosswalk.url}/authorize`, { headers: { authorization: `Bearer ${await mesh.token('analyst')}` } })
    expect({ status: signed.status, sales: signed.headers.get('polyseme-identity-sales')?.split('.').length }).toEqual({ status: 200, sales: 3 })
  })

  it('F01 the crosswalk answers no call that is not signed for it', async () => {
    const url = `${crosswalk.url}/graphql`
    expect(await askGraphql(url, { query: '{ __typename }' })).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    const signer = createCallSigner({ privateJwk: (await loadOrCreateSigningKey(mesh.config.keysDir)).privateJwk })
    const principal: Principal = { issuer: 'i', subject: 's', scopes: new Set(), roles: [], claims: {}, expiresAtSec: Math.floor(Date.now() / 1_000) + 600 }
    const forSales = { [CALL_IDENTITY_HEADER]: await signer.sign('sales', { principal, masks: {} }) }
    expect(await askGraphql(url, { query: '{ __typename }' }, undefined, forSales)).toMatchObject({ status: 401 })
    const forCrosswalk = { [CALL_IDENTITY_HEADER]: await signer.sign('crosswalk', { principal, masks: {} }) }
    expect(await askGraphql(url, { query: '{ __typename }' }, undefined, forCrosswalk)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  })
})
