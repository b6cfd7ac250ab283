import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

const SUBGRAPHS = resolve(import.meta.dirname, '../../subgraphs')

let mesh: GatewayMesh
let folder: string

beforeAll(async () => {
  mesh = await startDemoMesh({ withRegistry: true })
  folder = await mkdtemp(join(tmpdir(), 'polyseme-catalog-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
  await mesh[Symbol.asyncDispose]()
})

interface Catalog {
  readonly products: readonly {
    readonly urn: string
    readonly owner: string
    readonly access: { readonly readable: boolean; readonly how: readonly string[] }
    readonly promiseCounts: { readonly notRun: number; readonly unknown: number; readonly kept: number; readonly broken: number } | null
    readonly promises: readonly { readonly id: string }[]
    readonly objects: readonly { readonly typeName: string; readonly fields: readonly { readonly name: string; readonly type: string; readonly masked: boolean }[] }[]
    readonly versions: readonly { readonly step: number; readonly version: number }[]
    readonly consumers: readonly { readonly consumer: string; readonly calls: number }[] | null
  }[]
  readonly words: readonly { readonly word: string; readonly isAmbiguous: boolean; readonly meanings: readonly { readonly sense: string; readonly typeName: string | null }[] }[]
  readonly deprecations: readonly { readonly what: string; readonly until: string; readonly replacedBy: string }[]
  readonly notices: readonly { readonly step: number; readonly consumer: string; readonly operations: readonly { readonly operation: string; readonly goingAway: readonly { readonly coordinate: string; readonly says: string }[] }[] }[]
}

async function catalog(selection: string, as: string): Promise<Catalog> {
  const { data, errors } = await mesh.ask(`query Catalog { catalog { ${selection} } }`, { as })
  expect(errors).toEqual([])
  return (data as { readonly catalog: Catalog }).catalog
}

async function polyseme(persona: string, ...argv: string[]): Promise<string> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const env = { POLYSEME_REGISTRY: mesh.url, POLYSEME_TOKEN: await mesh.token(persona) }
  await runCommandLine([...argv], { out: write, err: write, env, cwd: folder, signal: new AbortController().signal })
  return lines.join('\n')
}

const PRODUCTS = 'products(search: "customers", domain: "billing") { urn owner access { readable how } promiseCounts { kept broken notRun unknown } promises { id } objects { typeName fields { name type masked } } versions { step version } consumers { consumer calls } }'

describe('the catalogue', () => {
  it('G15 shows a product to everybody who may sign in, and what is in it only to who may read it', async () => {
    const [analyst, support] = [await catalog(PRODUCTS, 'analyst'), await catalog(PRODUCTS, 'support-agent')]
    const [own] = analyst.products
    expect(own).toMatchObject({ urn: 'urn:dataproduct:billing:customers:1', owner: 'Maria Conti', access: { readable: true }, versions: [{ step: 1, version: 1 }], consumers: null })
    expect(own?.objects.map(({ typeName }) => typeName)).toEqual(['BillingCustomer'])
    expect(own?.objects[0]?.fields).toContainEqual({ name: 'customerId', type: 'Int!', masked: false })
    expect(own?.promises.map(({ id }) => id)).toContain('Customer.open_balance/nullValues')
    const [foreign] = support.products
    expect(foreign).toMatchObject({ urn: own?.urn, owner: 'Maria Conti', access: { readable: false, how: ['a token with billing:read'] }, objects: [], promiseCounts: own?.promiseCounts })
    // The name of a promise is the name of a field.
    expect(foreign?.promises.every(({ id }) => id.startsWith('sla/'))).toBe(true)
  })

  it('G15 names no field that the caller may not read, by no word that leads to it', async () => {
    const search = 'products(search: "open balance") { urn }'
    expect((await catalog(search, 'billing-clerk')).products.map(({ urn }) => urn)).toContain('urn:dataproduct:billing:customers:1')
    expect((await catalog(search, 'support-agent')).products).toEqual([])
    expect(JSON.stringify(await catalog('products { objects { typeName fields { coordinate } } promises { id name target reason } } deprecations { what }', 'nobody'))).not.toMatch(/open_?balance|Customer\.|BillingCustomer/i)
  })

  it('lists every field of every domain that introspection shows the caller, and no other', async () => {
    const { data } = await mesh.ask('{ __schema { types { name fields { name } } } }', { as: 'sales-analyst-emea' })
    const types = new Map((data as { readonly __schema: { readonly types: readonly { readonly name: string; readonly fields: readonly { readonly name: string }[] | null }[] } }).__schema.types.map(({ name, fields }) => [name, new Set(fields?.map((field) => field.name))]))
    const listed = (await catalog('products { objects { typeName fields { name type masked } } }', 'sales-analyst-emea')).products.flatMap(({ objects }) => objects)
    expect(listed.map(({ typeName }) => typeName).sort()).toEqual(['MarketingCampaign', 'MarketingCustomer', 'MarketingLead', 'MarketingSession', 'SalesCustomer', 'SalesLead', 'SalesOrder', 'SalesOrderLine', 'SalesRegion'].filter((name) => types.has(name)))
    for (const { typeName, fields } of listed) expect(fields.filter(({ name }) => types.get(typeName)?.has(name) !== true)).toEqual([])
  })

  it('says what a word means where, and names types to who may read them', async () => {
    const { words } = await catalog('words(search: "customers") { word isAmbiguous meanings { sense typeName } }', 'support-agent')
    expect(words.find(({ word }) => word === 'Customer')).toMatchObject({ isAmbiguous: true })
    expect(words.find(({ word }) => word === 'Customer')?.meanings.toSorted((a, b) => a.sense < b.sense ? -1 : 1)).toEqual([
      { sense: 'billing.Customer', typeName: null },
      { sense: 'marketing.Customer', typeName: 'MarketingCustomer' },
      { sense: 'sales.Customer', typeName: 'SalesCustomer' },
      { sense: 'support.Customer', typeName: 'SupportCustomer' },
    ])
  })

  it('finds a product by what its concept is called elsewhere, nearest first', async () => {
    const { products } = await catalog('products(search: "client") { urn }', 'nobody')
    expect(products.map(({ urn }) => urn)).toContain('urn:dataproduct:sales:customers:1')
    expect((await catalog('products(first: 1) { urn }', 'nobody')).products).toHaveLength(1)
  })

  it('says that a domain does not answer without losing the others', { timeout: 60_000 }, async () => {
    await mesh.domains.get('support')?.stop()
    const { data, errors } = await mesh.ask('{ catalog { products(search: "customers") { domain promiseCounts { unknown } } } }', { as: 'analyst' })
    await mesh.domains.get('support')?.start()
    const { products } = (data as { readonly catalog: { readonly products: readonly { readonly domain: string; readonly promiseCounts: object | null }[] } }).catalog
    expect(products.filter(({ promiseCounts }) => promiseCounts === null)).toEqual(products.filter(({ domain }) => domain === 'support'))
    expect(new Set(errors.map(({ extensions }) => extensions?.['code']))).toEqual(new Set(['SUBGRAPH_UNAVAILABLE']))
  })

  it.each([['products(first: -1) { urn }'], ['notices(first: 501) { step }'], [`products(search: "${'x '.repeat(11)}") { urn }`]])('refuses %s', async (selection) => {
    expect((await mesh.ask(`{ catalog { ${selection} } }`, { as: 'analyst' })).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it('a deprecated field is marked in the graph, in the check, in the catalogue, and who uses it gets a notice', { timeout: 60_000 }, async () => {
    const used = 'query Balances { billing { customers(first: 1) { nodes { openBalance } } } }'
    for (const as of ['bi-service', 'billing-clerk']) expect((await mesh.ask(used, { as })).errors).toEqual([])
    const dir = join(folder, 'billing')
    await cp(join(SUBGRAPHS, 'billing'), dir, { recursive: true })
    const until = `${new Date().getUTCFullYear() + 1}-03-31`
    expect(await polyseme('steward', 'deprecate', dir, 'Customer.open_balance', '--until', until, '--replaced-by', 'Invoice.amount')).toContain('is deprecated')
    const says = `Will be removed on ${until}. Use Invoice.amount instead.`
    const check = await polyseme('steward', 'check', dir)
    expect(check).toContain('Still used, and going away (last 30 days)')
    expect(check).toContain('BillingCustomer.openBalance: Balances of ')
    expect(await polyseme('steward', 'publish', dir, '--message', 'balances move to invoices')).toContain('publish billing version 2')
    await eventually(async () => {
      const { data } = await mesh.ask('{ __type(name: "BillingCustomer") { fields(includeDeprecated: true) { name deprecationReason } } }', { as: 'analyst' })
      expect((data as { readonly __type: { readonly fields: readonly object[] } }).__type.fields).toContainEqual({ name: 'openBalance', deprecationReason: expect.stringContaining(`Will be removed on ${until}. Use`) as string })
    })
    const { deprecations } = await catalog('deprecations { what until replacedBy }', 'analyst')
    expect(deprecations).toEqual([{ what: 'BillingCustomer.openBalance', until, replacedBy: 'Invoice.amount' }])
    expect((await catalog('deprecations { what }', 'support-agent')).deprecations).toEqual([])
    const { notices } = await catalog('notices { step consumer operations { operation goingAway { coordinate says } } }', 'bi-service')
    expect(notices).toEqual([{ step: 2, consumer: expect.any(String) as string, operations: [{ operation: 'Balances', goingAway: [{ coordinate: 'BillingCustomer.openBalance', says: expect.stringContaining(says.slice(0, 30)) as string }] }] }])
    expect((await catalog('notices { step }', 'support-agent')).notices).toEqual([])
    expect(await polyseme('bi-service', 'notices')).toContain('Balances (2 calls) uses BillingCustomer.openBalance, which goes away: Will be removed on')
    const [product] = (await catalog(PRODUCTS, 'steward')).products
    expect(product?.versions).toEqual([{ step: 2, version: 2 }, { step: 1, version: 1 }])
    expect(product?.consumers?.length).toBeGreaterThan(0)
  })

  it('G15 who shares a client with those whom a step breaks is told of what it took away, if he could read it, and nobody else is', { timeout: 60_000 }, async () => {
    const used = 'query Terms { billing { customers(first: 1) { nodes { paymentTermsDays } } } }'
    expect((await mesh.ask(used, { as: 'bi-service' })).errors).toEqual([])
    const dir = join(folder, 'removal', 'billing')
    await cp(join(SUBGRAPHS, 'billing'), dir, { recursive: true })
    const contract = join(dir, 'customers.odcs.yaml')
    await writeFile(contract, (await readFile(contract, 'utf8')).replace(/name: payment_terms_days/, 'name: days_to_pay\n        physicalName: payment_terms_days'))
    const check = await polyseme('steward', 'check', dir)
    expect(check).toContain('breaking BillingCustomer.paymentTermsDays')
    const hash = /[0-9a-f]{64}/.exec(check)?.[0] ?? ''
    await polyseme('steward', 'approve', 'billing', hash, '--reason', 'all consumers know')
    expect(await polyseme('steward', 'publish', dir, '--message', 'days to pay')).toMatch(/publish billing version \d/)
    await eventually(async () => {
      expect((await mesh.ask(used, { as: 'bi-service' })).errors).not.toEqual([])
    })
    const breaksFor = async (as: string): Promise<readonly unknown[]> => (await catalog('notices { operations { operation breaksOn { coordinate } } }', as)).notices.flatMap(({ operations }) => operations).filter(({ operation }) => operation === 'Terms')
    for (const as of ['bi-service', 'billing-clerk', 'analyst']) {
      expect(await breaksFor(as), as).toEqual([{ operation: 'Terms', breaksOn: [{ coordinate: 'BillingCustomer.paymentTermsDays' }] }])
      expect(await polyseme(as, 'notices'), as).toContain('BillingCustomer.paymentTermsDays')
    }
    for (const as of ['support-agent', 'nobody']) {
      expect(await breaksFor(as), as).toEqual([])
      expect(await polyseme(as, 'notices'), as).not.toMatch(/Terms|paymentTermsDays|BillingCustomer/)
    }
  })
})
