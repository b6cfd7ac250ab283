import { GatewayError } from '@polyseme/kit/errors'
import { composeOffThread, routerConfigs, withoutAccessDirectives, type ExportedFile, type SubgraphVersion } from '../registry/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { crosswalkDefinition } from './crosswalk-definition.ts'
import { loadLexicon, valueOf } from './load-mesh.ts'
import { definitionsOf } from './published-graph.ts'

export interface ExportSupergraphOptions {
  /** What is live. */
  readonly versions: readonly SubgraphVersion[]
  /** Absent: a mesh without a crosswalk. */
  readonly lexiconDir?: string
  /** Where `polyseme crosswalk serve` will answer. */
  readonly crosswalkUrl: string
  readonly jwksUrl: string
}

/** The mesh as files that any Federation 2 router can run, the crosswalk a subgraph like the others. @throws COMPOSITION_FAILED · CONFIG_INVALID */
export async function exportSupergraph({ versions, lexiconDir, crosswalkUrl, jwksUrl }: ExportSupergraphOptions): Promise<readonly ExportedFile[]> {
  const qualified = versions.filter(({ naming }) => naming === 'qualified').map(({ subgraph }) => subgraph)
  if (qualified.length > 0) throw new GatewayError('CONFIG_INVALID', `only this gateway translates the names of ${qualified.join(', ')}; adopt ${qualified.length === 1 ? 'it' : 'them'} with --naming verbatim to run the graph elsewhere`)
  const domains = definitionsOf(versions)
  const definitions: readonly SubgraphDefinition[] = lexiconDir === undefined ? domains : [...domains, { ...crosswalkDefinition(await loadLexicon(lexiconDir), domains), url: crosswalkUrl }]
  // The crosswalk extends the domains' types as a subgraph inside the gateway may; outside it is the same crosswalk.
  const shared = definitions.map((definition) => ({ ...definition, products: [] }))
  const { sdl } = valueOf(await composeOffThread({ subgraphs: shared, options: { sharedTypes: 'any' } }), 'COMPOSITION_FAILED', 'polyseme check')
  return [
    { path: 'supergraph.graphql', text: sdl },
    { path: 'supergraph-open.graphql', text: withoutAccessDirectives(sdl) },
    ...definitions.map((definition) => ({ path: `subgraphs/${definition.name}.graphql`, text: definition.sdl })),
    ...routerConfigs({ jwksUrl, subgraphs: Object.fromEntries(definitions.map(({ name, url }) => [name, url])) }),
  ]
}
