import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN_AUDIENCE, ISSUER_ALGORITHM, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { eventually } from '../testkit/eventually.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'

const POLYSEME = resolve(import.meta.dirname, '../../gateway/cli/polyseme.mjs')
const OWNER = { id: 'shop-owner', summary: '', scopes: ['shop:publish', 'shop:read'], roles: [], claims: {} }

let folder: string
let token: string
let issuer: string
let issuerServer: Server
const running: ChildProcess[] = []
/** Of the gateway, then of the domains. */
const urls: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-onboarding-'))
  const keys = await loadIssuerKeys(join(folder, '.polyseme/keys'))
  const jwks = { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) }
  // The company's issuer, as the gateway sees it: an address with keys.
  issuerServer = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks)))
  await once(issuerServer.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`
  token = await signPersonaToken(OWNER, { issuer, keys })
  await writeFile(join(folder, 'orders.csv'), ordersCsv(200))
})

afterAll(async () => {
  for (const child of running) child.kill('SIGTERM')
  await Promise.all(running.map(async (child) => child.exitCode ?? (await once(child, 'exit'))))
  issuerServer.close()
  await rm(folder, { recursive: true })
})

/** A file as a shop's back office exports it. */
function ordersCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) =>
    `${index + 1},user${index % 40}@example.com,${index % 3 === 0 ? 'PAID' : 'OPEN'},${(index * 1.5).toFixed(2)},2026-01-${String((index % 28) + 1).padStart(2, '0')}`)
  return ['order_id,customer_email,status,total,placed_on', ...lines, ''].join('\n')
}

interface Outcome {
  readonly code: number | null
  readonly output: string
}

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [POLYSEME, ...argv], { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A command that ends. */
async function polyseme(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const child = start(argv, env)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}

/** A command that serves: the address that it prints when it is ready. */
async function serving(...argv: readonly string[]): Promise<string> {
  const child = start(argv)
  running.push(child)
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  if (child.stdout === null) throw new TypeError('the output is a pipe')
  for await (const line of createInterface(child.stdout)) {
    const ready = /^ready (\S+)$/.exec(line)
    if (ready?.[1] === undefined) continue
    urls.push(ready[1])
    return ready[1]
  }
  throw new Error(`${argv.join(' ')} ended: ${complaint}`)
}

describe('a new domain, from nothing', () => {
  it('is queryable after four commands, from a CSV file alone', { timeout: 300_000 }, async () => {
    await writeFile(join(folder, 'mesh.yaml'), [
      'environment: development', 'port: 0', 'registry: { file: .polyseme/registry.sqlite }',
      `issuers: [{ issuer: '${issuer}', audience: ${ACCESS_TOKEN_AUDIENCE}, jwksUrl: '${issuer}/jwks', algorithms: [${ISSUER_ALGORITHM}] }]`, '',
    ].join('\n'))
    const begun = performance.now()
    const gateway = await serving('serve', '--config', 'mesh.yaml')
    expect(await (await fetch(`${gateway}/health/ready`)).json()).toMatchObject({ status: 'ready', empty: true })
    const nothing = await askGraphql(`${gateway}/graphql`, { query: '{ __typename }' }, token)
    expect(nothing).toMatchObject({ status: 503, errors: [{ message: expect.stringContaining('nothing has been published yet') as string, extensions: { code: 'GRAPH_EMPTY' } }] })

    expect(await polyseme(['init', 'domain', 'shop', '--from', 'orders.csv', '--owner', 'dana@example.com'])).toMatchObject({ code: 0, output: expect.stringContaining('made shop/orders.odcs.yaml') as string })
    const subgraph = await serving('subgraph', 'serve', 'shop')
    const credentials = { POLYSEME_REGISTRY: gateway, POLYSEME_TOKEN: token }
    const publish = await polyseme(['publish', 'shop', '--url', `${subgraph}/graphql`, '--message', 'orders of the shop'], credentials)
    expect(publish).toEqual({ code: 0, output: expect.stringMatching(/^step 1 .* publish shop version 1 {2}by shop-owner: orders of the shop\n$/) as string })

    const query = '{ shop { orders(where: { status: { eq: PAID } }, orderBy: [{ orderId: ASC }], first: 2) { totalCount nodes { orderId total placedOn } } } }'
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query }, token)).toMatchObject({
      status: 200, errors: [],
      data: { shop: { orders: { totalCount: 67, nodes: [{ orderId: 1, total: '0.00', placedOn: '2026-01-01' }, { orderId: 4, total: '4.50', placedOn: '2026-01-04' }] } } },
    }))
    const seconds = (performance.now() - begun) / 1_000
    console.log(`from an empty folder to a queryable product: four commands, ${seconds.toFixed(1)} s`)
    expect(seconds).toBeLessThan(300)

    expect(await (await fetch(`${gateway}/health/ready`)).json()).not.toHaveProperty('empty')
    expect(await polyseme(['check', 'shop'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('shop: may be published') as string })
  })

  it('R04 policies that are published are in force, and taking them back needs an approval', { timeout: 60_000 }, async () => {
    const [gateway] = urls
    const credentials = { POLYSEME_REGISTRY: gateway ?? '', POLYSEME_TOKEN: token }
    const policy = '@id("contacts-hidden")\n@mask("null")\nforbid (principal, action == Action::"reveal", resource in Object::"ShopOrder") when { resource.name == "customer_email" };\n'
    await writeFile(join(folder, 'shop/policies/contacts.cedar'), policy.replace('ShopOrder', 'ShopOrdr'))
    expect(await polyseme(['check', 'shop'], credentials)).toMatchObject({ code: 1, output: expect.stringContaining('policies/contacts.cedar') as string })
    await writeFile(join(folder, 'shop/policies/contacts.cedar'), policy)
    expect(await polyseme(['publish', 'shop', '--message', 'contacts are hidden'], credentials)).toMatchObject({ code: 0 })
    expect(await polyseme(['diff', 'shop'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('nothing that a consumer could notice') as string })
    expect(await polyseme(['diff', 'shop', '2', '1'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('weakens protection  the policies in policies/contacts.cedar are gone') as string })
    expect(await polyseme(['registry', 'backup', 'backup.ndjson'])).toEqual({ code: 0, output: '5 records\n' })
    expect(await polyseme(['registry', 'restore', 'backup.ndjson', '--data-dir', 'elsewhere'])).toEqual({ code: 0, output: 'restored and verified: 2 steps, 2 versions\n' })
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query: '{ shop { orderByKey(orderId: 4) { customerEmail } } }' }, token)).toMatchObject({ data: { shop: { orderByKey: { customerEmail: null } } } }))
    await rm(join(folder, 'shop/policies/contacts.cedar'))
    expect(await polyseme(['publish', 'shop', '--message', 'contacts are shown'], credentials)).toMatchObject({ code: 1, output: expect.stringContaining('weakens protection shop: the policies in policies/contacts.cedar are gone') as string })
  })

  it('does not replace a folder, and says what is missing', async () => {
    expect(await polyseme(['init', 'domain', 'shop', '--from', 'orders.csv'])).toEqual({ code: 1, output: 'error CONFIG_INVALID: shop is there already; remove it, or name another with --dir\n' })
    expect((await polyseme(['init', 'domain', 'Shop', '--from', 'orders.csv'])).output).toContain('"Shop" is no name of a domain')
    expect((await polyseme(['init', 'domain', 'stock'])).output).toContain('needs a NAME and --from')
    expect((await polyseme(['init', 'domain', 'stock', '--from', 'none.csv'])).output).toContain('there is no file none.csv')
  })
})
