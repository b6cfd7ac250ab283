import type { Lexicon } from '@polyseme/kit/lexicon'
import { buildCrosswalkModel, buildCrosswalkSdl } from '../crosswalk/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'

/** The crosswalk as composition sees it: no links, no resolvers. */
export function crosswalkDefinition(lexicon: Lexicon, domains: readonly SubgraphDefinition[]): SubgraphDefinition {
  return { name: 'crosswalk', url: 'inprocess:crosswalk', sdl: buildCrosswalkSdl(buildCrosswalkModel(lexicon, domains)), products: [] }
}
