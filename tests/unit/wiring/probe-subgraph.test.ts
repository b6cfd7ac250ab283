import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateSigningKey, type SigningKey } from '@polyseme/kit/identity'
import { startSubgraph, type RunningSubgraph } from '@polyseme/kit/subgraph'
import { createSubgraphProbe } from '../../../gateway/wiring/probe-subgraph.ts'
import { fillParquet } from '../../testkit/domain-oracle/fill-sources.ts'
import { SHOP, shopRows } from '../../testkit/shop-domain.ts'

let dataDir = ''
let signingKey: SigningKey
let shop: RunningSubgraph
const held = new AsyncDisposableStack()

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-probe-'))
  held.defer(async () => await rm(dataDir, { recursive: true, force: true }))
  await fillParquet({ product: SHOP, rows: shopRows() }, dataDir)
  signingKey = await generateSigningKey()
  shop = await startSubgraph({ products: [SHOP], dataDir, trust: signingKey.publicJwks })
  held.defer(async () => await shop.close())
})

afterAll(async () => await held.disposeAsync())

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  held.defer(() => { server.close().closeAllConnections() })
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

async function probe(subgraph: string, url: string, key = signingKey): Promise<readonly string[]> {
  const ask = createSubgraphProbe({ signingKey: key, allowedHosts: [], timeoutMs: 1_000 })
  const findings = await ask({ subgraph, url, sdl: '', naming: 'contract', contracts: [], policies: [] })
  expect(new Set(findings.map(({ rule, severity }) => `${rule} ${severity}`)).difference(new Set(['subgraph-address warning'])).size).toBe(0)
  return findings.map(({ what }) => what)
}

const NOBODY = 'no subgraph answers at the address of "shop" now'

it('says nothing against the address where the domain answers', async () => {
  expect(await probe('shop', shop.url)).toEqual([])
})

it('warns of another domain at the address, and of one that does not trust the gateway', async () => {
  expect(await probe('billing', shop.url)).toEqual(['what answers at the address of "billing" does not accept its calls'])
  expect(await probe('shop', shop.url, await generateSigningKey())).toEqual(['what answers at the address of "shop" does not accept its calls'])
})

it('F17 warns where nothing answers, and follows no redirect', async () => {
  const redirecting = await serve((_request, response) => response.writeHead(307, { location: shop.url }).end())
  const silent = await serve(() => undefined)
  const broken = await serve((request) => request.socket.destroy())
  for (const url of [redirecting, silent, broken, 'http://127.0.0.1:1/other', 'ftp://127.0.0.1/graphql']) expect(await probe('shop', url), url).toEqual([NOBODY])
})

it('warns of something that is no subgraph', async () => {
  const page = await serve((_request, response) => response.end('{"data":{"a":1}}'))
  expect(await probe('shop', page)).toEqual(['what answers at the address of "shop" is no subgraph'])
})
