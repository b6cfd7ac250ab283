import { mkdtemp, readFile, rm, writeFile, copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDomainSdl, generateResolverTypes } from '@polyseme/kit/product'
import { createCallSigner, generateSigningKey, type CallSigner } from '@polyseme/kit/identity'
import { loadDomain, loadExtensionCode, startSubgraph, type BoundExtensions, type LoadedDomain, type RunningSubgraph } from '@polyseme/kit/subgraph'
import { loadMesh } from '../../../gateway/wiring/load-mesh.ts'
import { readDomainArtifact } from '../../../gateway/registry/index.ts'
import { findOrMakeDemoData } from '../../testkit/demo-data-cache.ts'

const SUPPORT = join(import.meta.dirname, '../../../subgraphs/support')
/** The moment that the demo data are a snapshot of. */
const SNAPSHOT = '2026-11-01T00:00:00Z'

async function load(dir: string): Promise<LoadedDomain> {
  const loaded = await loadDomain(dir)
  if (loaded.kind === 'invalid') throw new TypeError(loaded.diagnostics.map(({ what }) => what).join('; '))
  return loaded.value
}

async function loadCode({ dir, extensions }: LoadedDomain): Promise<BoundExtensions> {
  const bound = extensions === undefined ? undefined : await loadExtensionCode(dir, extensions)
  if (bound?.kind !== 'ok') throw new TypeError(bound?.diagnostics.map(({ what }) => what).join('; ') ?? 'no extensions')
  return bound.value
}

describe('the support domain\'s own fields', () => {
  let signer: CallSigner
  let support: RunningSubgraph

  beforeAll(async () => {
    const domain = await load(SUPPORT)
    signer = createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk })
    support = await startSubgraph({ products: domain.products, extensions: await loadCode(domain), dataDir: await findOrMakeDemoData(0.05), trust: signer.publicJwks() })
  })

  afterAll(() => support.close())

  async function ask(query: string): Promise<Readonly<Record<string, unknown>>> {
    const principal = { issuer: 'i', subject: 's', scopes: new Set(['support:read']), roles: [], claims: {}, expiresAtSec: 0 }
    const identity = await signer.sign('support', { principal, masks: {} })
    const response = await fetch(support.url, { method: 'POST', headers: { 'content-type': 'application/json', 'polyseme-identity': identity }, body: JSON.stringify({ query }) })
    return (await response.json()) as Readonly<Record<string, unknown>>
  }

  it('count as active on the day of the data whom the data call active', async () => {
    const answer = await ask(`{ support { customers(first: 1000) { nodes { customerId activeUser isActiveUser(asOf: "${SNAPSHOT}") } } } }`)
    const { nodes } = (answer['data'] as { support: { customers: { nodes: readonly { activeUser: boolean; isActiveUser: boolean }[] } } }).support.customers
    expect(nodes.map(({ isActiveUser }) => isActiveUser)).toEqual(nodes.map(({ activeUser }) => activeUser))
    expect(new Set(nodes.map(({ activeUser }) => activeUser))).toEqual(new Set([true, false]))
  })

  it('tell how old a ticket is, and were it asked earlier', async () => {
    const answer = await ask(`{ support { tickets(where: { solvedAt: { isNull: true } }, first: 5) { nodes { openedAt ageInDays(asOf: "${SNAPSHOT}") before: ageInDays(asOf: "2020-01-01T00:00:00Z") } } } }`)
    const { nodes } = (answer['data'] as { support: { tickets: { nodes: readonly { openedAt: string; ageInDays: number; before: number | null }[] } } }).support.tickets
    expect(nodes.map(({ ageInDays, before }) => [ageInDays, before])).toEqual(nodes.map(({ openedAt }) => [Math.floor((Date.parse(SNAPSHOT) - Date.parse(openedAt)) / 86_400_000), null]))
  })

  it('have types that are up to date: `polyseme contract types subgraphs/support --out subgraphs/support/contract-types.ts`', async () => {
    const { products, extensions } = await load(SUPPORT)
    if (extensions === undefined) throw new TypeError('support has extensions')
    expect(await readFile(join(SUPPORT, 'contract-types.ts'), 'utf8')).toBe(generateResolverTypes(products, extensions))
  })

  it('stand in the graph that the gateway builds and in the artefact that is published, as the subgraph itself says', async () => {
    const { products, extensions } = await load(SUPPORT)
    const sdl = buildDomainSdl(products, extensions)
    const mesh = await loadMesh({ subgraphs: [{ name: 'support', url: 'http://support.test', schema: { kind: 'contracts', dir: SUPPORT } }] })
    const artifact = await readDomainArtifact(SUPPORT, { url: 'http://support.test' })
    expect(sdl).toContain('ageInDays(asOf: DateTime): Int')
    expect([mesh.domains[0]?.sdl, artifact.sdl, support.sdl]).toEqual([sdl, sdl, sdl])
  })
})

describe('a folder with fields of its own', () => {
  let dir = ''

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'polyseme-extensions-'))
    await copyFile(join(SUPPORT, 'customers.odcs.yaml'), join(dir, 'customers.odcs.yaml'))
  })

  afterAll(() => rm(dir, { recursive: true, force: true }))

  async function findings(schema: string | undefined, code: string | undefined): Promise<readonly string[]> {
    for (const [name, text] of [['extensions.graphql', schema], ['extensions.mjs', code]] as const) {
      if (text === undefined) await rm(join(dir, name), { force: true })
      else await writeFile(join(dir, name), text)
    }
    const loaded = await loadDomain(dir)
    if (loaded.kind === 'invalid') return loaded.diagnostics.map(({ rule }) => rule)
    const { extensions } = loaded.value
    const bound = extensions === undefined ? undefined : await loadExtensionCode(dir, extensions)
    return bound?.kind === 'invalid' ? bound.diagnostics.map(({ rule }) => rule) : []
  }

  it.each<[string, string | undefined, string | undefined, readonly string[]]>([
    ['nothing of its own', undefined, undefined, []],
    ['code without a schema', undefined, 'export const extensions = {}', ['extension-schema-missing']],
    ['a schema without code', 'extend type SupportCustomer { x: Int }', undefined, ['extension-code-missing']],
    ['a schema that does not fit', 'extend type SupportCustomer { email: Int }', undefined, ['extension-field-taken']],
    ['code that does not load', 'extend type SupportCustomer { x: Int }', 'throw new Error("no")', ['extension-code-fails']],
  ])('is told what is wrong with %s', async (_name, schema, code, expected) => {
    expect(await findings(schema, code)).toEqual(expected)
  })
})
