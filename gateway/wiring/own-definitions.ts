import type { Lexicon } from '@polyseme/kit/lexicon'
import { ACCESS_SDL } from '../access/index.ts'
import { CATALOG_SDL } from '../catalog/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { crosswalkDefinition } from './crosswalk-definition.ts'

/** The gateway's own subgraph about access, as composition sees it. */
export const ACCESS_DEFINITION: SubgraphDefinition = { name: 'access', url: 'inprocess:access', sdl: ACCESS_SDL, products: [] }

/** The gateway's own subgraph about data products, as composition sees it. */
export const CATALOG_DEFINITION: SubgraphDefinition = { name: 'catalog', url: 'inprocess:catalog', sdl: CATALOG_SDL, products: [] }

/** What the gateway serves itself in every mesh. */
export const ALWAYS_OWN: readonly SubgraphDefinition[] = [ACCESS_DEFINITION, CATALOG_DEFINITION]

/** What the gateway serves itself beside the domains: the crosswalk where there is a lexicon, and what is in every mesh. */
export function ownDefinitions(lexicon: Lexicon | undefined, domains: readonly SubgraphDefinition[]): readonly SubgraphDefinition[] {
  return lexicon === undefined ? ALWAYS_OWN : [crosswalkDefinition(lexicon, domains), ...ALWAYS_OWN]
}
