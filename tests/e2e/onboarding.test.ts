import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCompanyIssuer, type CompanyIssuer } from '../testkit/company-issuer.ts'
import { eventually } from '../testkit/eventually.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { startPostgres } from '../testkit/postgres.ts'
import { TypedCommands } from '../testkit/typed-commands.ts'

const POLYSEME = resolve(import.meta.dirname, '../../gateway/cli/polyseme.mjs')

let folder: string
let token: string
let issuer: CompanyIssuer
let commands: TypedCommands
/** Where the gateway answers. */
const urls: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-onboarding-'))
  issuer = await startCompanyIssuer(join(folder, '.polyseme/keys'))
  token = await issuer.token('shop-owner', ['shop:publish', 'shop:read'])
  commands = new TypedCommands(folder, [process.execPath, POLYSEME])
  await writeFile(join(folder, 'orders.csv'), ordersCsv(200))
})

afterAll(async () => {
  await commands[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** A file as a shop's back office exports it. */
function ordersCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) =>
    `${index + 1},user${index % 40}@example.com,${index % 3 === 0 ? 'PAID' : 'OPEN'},${(index * 1.5).toFixed(2)},2026-01-${String((index % 28) + 1).padStart(2, '0')}`)
  return ['order_id,customer_email,status,total,placed_on', ...lines, ''].join('\n')
}

describe('a new domain, from nothing', () => {
  it('is queryable after four commands, from a CSV file alone', { timeout: 300_000 }, async () => {
    await writeFile(join(folder, 'mesh.yaml'), [
      'environment: development', 'port: 0', 'registry: { file: .polyseme/registry.sqlite }',
      issuer.meshYaml, '',
    ].join('\n'))
    const begun = performance.now()
    const gateway = await commands.serve(['serve', '--config', 'mesh.yaml'])
    urls.push(gateway)
    expect(await (await fetch(`${gateway}/health/ready`)).json()).toMatchObject({ status: 'ready', empty: true })
    const nothing = await askGraphql(`${gateway}/graphql`, { query: '{ __typename }' }, token)
    expect(nothing).toMatchObject({ status: 503, errors: [{ message: expect.stringContaining('nothing has been published yet') as string, extensions: { code: 'GRAPH_EMPTY' } }] })

    expect(await commands.run(['init', 'domain', 'shop', '--from', 'orders.csv', '--owner', 'dana@example.com'])).toMatchObject({ code: 0, output: expect.stringContaining('made shop/orders.odcs.yaml') as string })
    const subgraph = await commands.serve(['subgraph', 'serve', 'shop'])
    const credentials = { POLYSEME_REGISTRY: gateway, POLYSEME_TOKEN: token }
    const publish = await commands.run(['publish', 'shop', '--url', `${subgraph}/graphql`, '--message', 'orders of the shop'], credentials)
    expect(publish).toEqual({ code: 0, output: expect.stringMatching(/^step 1 .* publish shop version 1 {2}by shop-owner: orders of the shop\ngateways take it over within a few seconds\n$/) as string })

    const query = '{ shop { orders(where: { status: { eq: PAID } }, orderBy: [{ orderId: ASC }], first: 2) { totalCount nodes { orderId total placedOn } } } }'
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query }, token)).toMatchObject({
      status: 200, errors: [],
      data: { shop: { orders: { totalCount: 67, nodes: [{ orderId: 1, total: '0.00', placedOn: '2026-01-01' }, { orderId: 4, total: '4.50', placedOn: '2026-01-04' }] } } },
    }))
    const seconds = (performance.now() - begun) / 1_000
    console.log(`from an empty folder to a queryable product: four commands, ${seconds.toFixed(1)} s`)
    expect(seconds).toBeLessThan(300)

    expect(await (await fetch(`${gateway}/health/ready`)).json()).not.toHaveProperty('empty')
    expect(await commands.run(['check', 'shop'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('shop: may be published') as string })
  })

  it('R04 policies that are published are in force, and taking them back needs an approval', { timeout: 60_000 }, async () => {
    const [gateway] = urls
    const credentials = { POLYSEME_REGISTRY: gateway ?? '', POLYSEME_TOKEN: token }
    const policy = '@id("contacts-hidden")\n@mask("null")\nforbid (principal, action == Action::"reveal", resource in Object::"ShopOrder") when { resource.name == "customer_email" };\n'
    await writeFile(join(folder, 'shop/policies/contacts.cedar'), policy.replace('ShopOrder', 'ShopOrdr'))
    expect(await commands.run(['check', 'shop'], credentials)).toMatchObject({ code: 1, output: expect.stringContaining('policies/contacts.cedar') as string })
    await writeFile(join(folder, 'shop/policies/contacts.cedar'), policy)
    expect(await commands.run(['publish', 'shop', '--message', 'contacts are hidden'], credentials)).toMatchObject({ code: 0 })
    expect(await commands.run(['diff', 'shop'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('nothing that a consumer could notice') as string })
    expect(await commands.run(['diff', 'shop', '2', '1'], credentials)).toMatchObject({ code: 0, output: expect.stringContaining('weakens protection  the policies in policies/contacts.cedar are gone') as string })
    expect(await commands.run(['registry', 'backup', 'backup.ndjson'])).toEqual({ code: 0, output: '5 records\n' })
    expect(await commands.run(['registry', 'restore', 'backup.ndjson', '--data-dir', 'elsewhere'])).toEqual({ code: 0, output: 'restored and verified: 2 steps, 2 versions\n' })
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query: '{ shop { orderByKey(orderId: 4) { customerEmail } } }' }, token)).toMatchObject({ data: { shop: { orderByKey: { customerEmail: null } } } }))
    await rm(join(folder, 'shop/policies/contacts.cedar'))
    expect(await commands.run(['publish', 'shop', '--message', 'contacts are shown'], credentials)).toMatchObject({ code: 1, output: expect.stringContaining('weakens protection shop: the policies in policies/contacts.cedar are gone') as string })
  })

  it('is queryable from tables in PostgreSQL, which are read in place', { timeout: 120_000 }, async () => {
    const [gateway] = urls
    await using postgres = await startPostgres()
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await client.query("CREATE TABLE parcels (parcel_id integer PRIMARY KEY, city text NOT NULL, weight_kg numeric(8, 2)); INSERT INTO parcels VALUES (1, 'Ghent', 2.5), (2, 'Turin', NULL)")
    await client.end()
    const environment = { PGUSER: postgres.user, PGPASSWORD: postgres.password }
    expect(await commands.run(['init', 'domain', 'shipping', '--from', postgres.url, '--owner', 'sam@example.com'], environment)).toMatchObject({ code: 0, output: expect.stringContaining('made shipping/parcels.odcs.yaml') as string })
    const subgraph = await commands.serve(['subgraph', 'serve', 'shipping'], environment)
    const ours = await issuer.token('sam', ['shipping:publish', 'shipping:read'])
    expect(await commands.run(['publish', 'shipping', '--url', `${subgraph}/graphql`, '--message', 'm'], { POLYSEME_REGISTRY: gateway ?? '', POLYSEME_TOKEN: ours })).toMatchObject({ code: 0 })
    const query = '{ shipping { parcels(orderBy: [{ parcelId: ASC }]) { nodes { parcelId city weightKg } } } }'
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query }, ours)).toMatchObject({
      errors: [], data: { shipping: { parcels: { nodes: [{ parcelId: 1, city: 'Ghent', weightKg: '2.50' }, { parcelId: 2, city: 'Turin', weightKg: null }] } } },
    }))
  })

  it('does not replace a folder, and says what is missing', async () => {
    expect(await commands.run(['init', 'domain', 'shop', '--from', 'orders.csv'])).toEqual({ code: 1, output: 'error CONFIG_INVALID: shop is there already; remove it, or name another with --dir\n' })
    expect((await commands.run(['init', 'domain', 'Shop', '--from', 'orders.csv'])).output).toContain('"Shop" is no name of a domain')
    expect((await commands.run(['init', 'domain', 'stock'])).output).toContain('needs a NAME and --from')
    expect((await commands.run(['init', 'domain', 'stock', '--from', 'none.csv'])).output).toContain('there is no file none.csv')
  })
})
