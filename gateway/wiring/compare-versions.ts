import { comparePolicies, compareProducts, composeOffThread, type GraphChange, type SubgraphVersion } from '../registry/index.ts'
import { valueOf } from './load-mesh.ts'
import { definitionsOf } from './published-graph.ts'

/** What changed between two versions of one domain, each taken by itself: schema, access, contracts, policies. @throws COMPOSITION_FAILED */
export async function compareVersions(from: SubgraphVersion, to: SubgraphVersion): Promise<readonly GraphChange[]> {
  const [before, after] = [definitionsOf([from]), definitionsOf([to])]
  const plain = (definitions: typeof before): typeof before => definitions.map((definition) => ({ ...definition, products: [] }))
  const first = valueOf(await composeOffThread({ subgraphs: plain(before), options: {} }), 'COMPOSITION_FAILED', 'polyseme check')
  const second = valueOf(await composeOffThread({ subgraphs: plain(after), options: {}, compareWith: { sdl: first.sdl, subgraphs: plain(before) } }), 'COMPOSITION_FAILED', 'polyseme check')
  return [
    ...second.changes,
    ...compareProducts(before.flatMap(({ products }) => products), after.flatMap(({ products }) => products)),
    ...comparePolicies(to.subgraph, from.policies, to.policies),
  ]
}
