import { describe, expect, it } from 'vitest'
import { hashArtifact, Registry, SqlRegistryStore, type RegistryStore, type SubgraphVersion, type SupergraphRecord } from '../../../gateway/registry/index.ts'
import { findPublishedGraph } from '../../../gateway/wiring/published-graph.ts'
import { artifact, compose, openRegistry, signer, sqliteDatabase } from '../registry/registry-fixtures.ts'

describe('the graph that the registry published', () => {
  it('R07 is the one whose hash was signed, or none', async () => {
    await using database = await sqliteDatabase()
    const registry = await openRegistry(database.connect())
    const published = await registry.publish({ artifact: artifact('sales', 'customers'), basedOn: 0, actor: 'a', reason: 'first' })
    const graph = await findPublishedGraph(registry.store, signer)
    expect(graph).toMatchObject({ deployment: published.kind === 'deployed' ? published.deployment : {}, sdl: 'type Query { customers: Int }' })
    const exchanged = exchangedIn(registry.store, 'findSupergraph', (graph: SupergraphRecord) => ({ ...graph, sdl: 'type Query { open: Int }' }))
    await expect(findPublishedGraph(exchanged, signer)).rejects.toMatchObject({ code: 'REGISTRY_CORRUPT', message: 'the graph of step 1 is not the one that was signed' })
  })

  it.each<[string, Partial<SubgraphVersion>]>([
    ['policies', { policies: [{ path: 'open.cedar', text: 'permit (principal, action, resource);' }] }],
    ['contracts', { contracts: [] }],
    ['address', { url: 'http://127.0.0.1:2/' }],
    ['hash, and its content with it', { url: 'http://127.0.0.1:2/', hash: hashArtifact({ ...artifact('sales', 'customers'), url: 'http://127.0.0.1:2/' }) }],
  ])('R07 has members whose %s was signed, and is signed again with no other', async (_what, change) => {
    await using database = await sqliteDatabase()
    const store = await SqlRegistryStore.open(database.connect())
    await openRegistry(database.connect()).then(async (registry) => await registry.publish({ artifact: artifact('sales', 'customers'), basedOn: 0, actor: 'a', reason: 'first' }))
    const exchanged = exchangedIn(store, 'findMembers', (members: ReadonlyMap<string, SubgraphVersion>) => new Map([...members].map(([name, version]) => [name, { ...version, ...change }])))
    await expect(findPublishedGraph(exchanged, signer)).rejects.toMatchObject({ code: 'REGISTRY_CORRUPT', message: 'version 1 of subgraph sales is not the one that was signed' })
    const registry = new Registry({ store: exchanged, signer, compose, now: () => new Date() })
    await expect(registry.publish({ artifact: artifact('billing', 'invoices'), basedOn: 0, actor: 'a', reason: 'second' })).rejects.toMatchObject({ code: 'REGISTRY_CORRUPT' })
  })

  it('is served when it was published before members were signed, and signed with them at the next step', async () => {
    await using database = await sqliteDatabase()
    const before = { sign: ({ contents: _none, ...deployment }: Parameters<typeof signer.sign>[0]) => signer.sign(deployment), verify: signer.verify }
    const store = await SqlRegistryStore.open(database.connect())
    await new Registry({ store, signer: before, compose, now: () => new Date() }).publish({ artifact: artifact('sales', 'customers'), basedOn: 0, actor: 'a', reason: 'first' })
    expect((await findPublishedGraph(store, signer))?.deployment).not.toHaveProperty('contents')
    await new Registry({ store, signer, compose, now: () => new Date() }).publish({ artifact: artifact('billing', 'invoices'), basedOn: 0, actor: 'a', reason: 'second' })
    expect((await findPublishedGraph(store, signer))?.deployment.contents).toEqual({ sales: hashArtifact(artifact('sales', 'customers')), billing: hashArtifact(artifact('billing', 'invoices')) })
  })
})

/** As somebody exchanges it who can write to the database and its checksums, but has no key. */
function exchangedIn<T>(store: RegistryStore, method: 'findSupergraph' | 'findMembers', exchange: (found: T) => T): RegistryStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const bound = value.bind(target) as (...given: readonly unknown[]) => Promise<T>
      return name === method ? async (...given: readonly unknown[]) => exchange(await bound(...given)) : bound
    },
  })
}
