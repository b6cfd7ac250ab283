import type { Lexicon } from '@polyseme/kit/lexicon'
import { ACCESS_SDL } from '../access/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { crosswalkDefinition } from './crosswalk-definition.ts'

/** The gateway's own subgraph about access, as composition sees it. */
export const ACCESS_DEFINITION: SubgraphDefinition = { name: 'access', url: 'inprocess:access', sdl: ACCESS_SDL, products: [] }

/** What the gateway serves itself beside the domains: the crosswalk where there is a lexicon, and access. */
export function ownDefinitions(lexicon: Lexicon | undefined, domains: readonly SubgraphDefinition[]): readonly SubgraphDefinition[] {
  return lexicon === undefined ? [ACCESS_DEFINITION] : [crosswalkDefinition(lexicon, domains), ACCESS_DEFINITION]
}
