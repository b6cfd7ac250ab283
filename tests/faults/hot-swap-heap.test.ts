import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ServingGraphHolder } from '../../gateway/serve/index.ts'
import type { SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { openTwoGraphs } from './two-graphs.ts'

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
    await using two = await openTwoGraphs(definitions)
    const graphs = new ServingGraphHolder(await two.build(0))
    const swap = async (revision: number): Promise<void> => {
      const next = await two.build(revision)
      await graphs.use(async (graph) => {
        graphs.replace(next)
        two.policies.accessDecider(graph.supergraph)
      })
    }
    for (let revision = 1; revision <= WARM_UP; revision += 1) await swap(revision)
    await two.untilClosed()
    const before = usedBytes()
    for (let revision = 1; revision <= SWAPS; revision += 1) await swap(revision)
    await two.untilClosed()
    const perSwap = (usedBytes() - before) / SWAPS
    await graphs.close()
    // A graph that stayed would be some 500 KB.
    expect(perSwap).toBeLessThan(60_000)
  })
})
