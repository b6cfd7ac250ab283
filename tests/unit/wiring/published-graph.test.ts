import { describe, expect, it } from 'vitest'
import { findPublishedGraph } from '../../../gateway/wiring/published-graph.ts'
import { artifact, openRegistry, signer, sqliteDatabase } from '../registry/registry-fixtures.ts'

describe('the graph that the registry published', () => {
  it('R07 is the one whose hash was signed, or none', async () => {
    await using database = await sqliteDatabase()
    const registry = await openRegistry(database.connect())
    const published = await registry.publish({ artifact: artifact('sales', 'customers'), basedOn: 0, actor: 'a', reason: 'first' })
    const graph = await findPublishedGraph(registry.store, signer)
    expect(graph).toMatchObject({ deployment: published.kind === 'deployed' ? published.deployment : {}, sdl: 'type Query { customers: Int }' })
    const store = new Proxy(registry.store, {
      get: (target, name) => {
        // As somebody would who can write to the database and its checksums, but has no key.
        if (name === 'findSupergraph') return async (id: string) => ({ ...await target.findSupergraph(id), sdl: 'type Query { open: Int }' })
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) as unknown : value
      },
    })
    await expect(findPublishedGraph(store, signer)).rejects.toMatchObject({ code: 'REGISTRY_CORRUPT', message: 'the graph of step 1 is not the one that was signed' })
  })
})
