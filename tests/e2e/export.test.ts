import { CALL_IDENTITY_HEADER, createCallSigner, loadOrCreateSigningKey, type Principal } from '@polyseme/kit/identity'
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
