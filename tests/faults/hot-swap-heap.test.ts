import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { generateSigningKey } from '@polyseme/kit/identity'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AccessDatabase, AgreementStore, createMaskKeyring, LivePolicies, loadOrCreateMaskSecret, PersonalTokenStore } from '../../gateway/access/index.ts'
import { ServingGraphHolder, type ServingGraph } from '../../gateway/serve/index.ts'
import { composeSupergraph, type SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { catalogRecordsOf } from '../../gateway/wiring/catalog-records.ts'
import { buildServingGraph } from '../../gateway/wiring/build-serving-graph.ts'
import { ALWAYS_OWN } from '../../gateway/wiring/own-definitions.ts'

/** `POLYSEME_SWAPS=1000` for the whole case, about 30 ms of processor time each. */
const SWAPS = Number(process.env['POLYSEME_SWAPS'] ?? 60)
const WARM_UP = 20

function definitions(revision: number): readonly SubgraphDefinition[] {
  const types = Array.from({ length: 40 }, (_, index) => `type Row${index} { id: ID! name: String amount: Float r${revision % 2}: Int }`)
  return [{ name: 'shop', url: 'http://127.0.0.1:1/graphql', products: [], sdl: `type Query { ${types.map((_, index) => `rows${index}: [Row${index}]`).join(' ')} } ${types.join(' ')}` }]
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

describe('hot swaps', () => {
  it('T22 leave nothing behind: the heap is flat', { timeout: 60_000 + SWAPS * 1_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polyseme-swaps-'))
    const { privateJwk, publicJwks } = await generateSigningKey()
    using database = new AccessDatabase({ file: join(folder, 'access.db') })
    const agreements = new AgreementStore(database)
    using policies = await LivePolicies.open({ folders: { domains: {} }, products: [], agreements })
    const options = { dataDir: folder, signingKey: { privateJwk, publicJwks }, policies, maskKeyring: createMaskKeyring(await loadOrCreateMaskSecret(folder)), access: { agreements, personalTokens: new PersonalTokenStore(database) }, records: catalogRecordsOf({ hasRegistry: false, registry: () => undefined, readUsage: () => Promise.resolve([]) }) }
    const sdls = [0, 1].map((revision) => {
      const composed = composeSupergraph([...definitions(revision), ...ALWAYS_OWN])
      if (composed.kind === 'invalid') throw new TypeError(JSON.stringify(composed.diagnostics))
      return composed.value.sdl
    })
    const closing = new Set<Promise<void>>()
    const build = async (revision: number): Promise<ServingGraph> => {
      const { graph } = await buildServingGraph({ domains: definitions(revision), lexicon: undefined }, { ...options, sdl: sdls[revision % 2] ?? '' })
      const close = (): Promise<void> => {
        const closed: Promise<void> = graph.close().finally(() => closing.delete(closed))
        closing.add(closed)
        return closed
      }
      return { ...graph, close }
    }
    const graphs = new ServingGraphHolder(await build(0))
    const swap = async (revision: number): Promise<void> => {
      const next = await build(revision)
      await graphs.use(async (graph) => {
        graphs.replace(next)
        policies.accessDecider(graph.supergraph)
      })
    }
    for (let revision = 1; revision <= WARM_UP; revision += 1) await swap(revision)
    await Promise.all(closing)
    const before = usedBytes()
    for (let revision = 1; revision <= SWAPS; revision += 1) await swap(revision)
    await Promise.all(closing)
    const perSwap = (usedBytes() - before) / SWAPS
    await graphs.close()
    await rm(folder, { recursive: true })
    // A graph that stayed would be some 500 KB.
    expect(perSwap).toBeLessThan(60_000)
  })
})
