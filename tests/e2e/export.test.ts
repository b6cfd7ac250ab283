import { ApolloGateway, RemoteGraphQLDataSource, type GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import { CALL_IDENTITY_HEADER, createCallSigner, loadOrCreateSigningKey, type Principal } from '@polyseme/kit/identity'
import { ApolloServer } from '@apollo/server'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
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

interface OtherGateway {
  readonly ask: (query: string) => Promise<unknown>
  readonly stop: () => Promise<void>
}

type Sign = (subgraph: string) => Promise<string>

/** All that somebody has to write for another gateway: how a call is signed. */
async function signingAs(principal: Principal): Promise<Sign> {
  const signer = createCallSigner({ privateJwk: (await loadOrCreateSigningKey(mesh.config.keysDir)).privateJwk })
  return async (subgraph) => await signer.sign(subgraph, { principal, masks: {} })
}

async function exported(): Promise<string> {
  return await readFile(join(folder, 'out/supergraph-open.graphql'), 'utf8')
}

async function startStockGateway(sign: Sign): Promise<OtherGateway> {
  class SigningDataSource extends RemoteGraphQLDataSource {
    readonly #subgraph: string

    constructor(subgraph: string, url: string | undefined) {
      super(url === undefined ? {} : { url })
      this.#subgraph = subgraph
    }

    override async willSendRequest({ request }: GraphQLDataSourceProcessOptions): Promise<void> {
      request.http?.headers.set(CALL_IDENTITY_HEADER, await sign(this.#subgraph))
    }
  }
  const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: await exported(), buildService: ({ name, url }) => new SigningDataSource(name, url) }) })
  await server.start()
  return {
    ask: async (query) => {
      const { body } = await server.executeOperation({ query })
      return body.kind === 'single' ? JSON.parse(JSON.stringify(body.singleResult)) as unknown : undefined
    },
    stop: async () => await server.stop(),
  }
}

async function startHiveGateway(sign: Sign): Promise<OtherGateway> {
  const supergraph = await exported()
  const names = new Map([...supergraph.matchAll(/@join__graph\(name: "(\w+)", url: "([^"]+)"\)/g)].map(([, name = '', url = '']) => [url, name]))
  const gateway = createGatewayRuntime({
    supergraph,
    logging: false,
    plugins: () => [{
      onFetch: async (call) => {
        call.setOptions({ ...call.options, headers: { ...call.options.headers, [CALL_IDENTITY_HEADER]: await sign(names.get(call.url) ?? '') } })
      },
    }],
  })
  return {
    ask: async (query) => {
      const response = await gateway.fetch('http://localhost/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) })
      return await response.json() as unknown
    },
    stop: async () => await gateway[Symbol.asyncDispose](),
  }
}

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
    const other = await start(await signingAs(principal))
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
