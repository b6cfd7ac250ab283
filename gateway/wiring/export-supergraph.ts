import { composeOffThread, routerConfigs, withContractAccess, withoutAccessDirectives, type ExportedFile, type SubgraphVersion } from '../registry/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { crosswalkDefinition } from './crosswalk-definition.ts'
import { loadLexicon, valueOf } from './load-mesh.ts'
import { definitionsOf } from './published-graph.ts'

export interface ExportSupergraphOptions {
  /** What is live. */
  readonly versions: readonly SubgraphVersion[]
  /** Absent: a mesh without a crosswalk. */
  readonly lexiconDir?: string
  /** Where `polyseme crosswalk serve` will answer; foreign subgraphs with qualified names are asked through it, below `/subgraphs/`. */
  readonly crosswalkUrl: string
  readonly jwksUrl: string
}

/** The mesh as files that any Federation 2 router can run, the crosswalk a subgraph like the others. @throws COMPOSITION_FAILED · CONFIG_INVALID */
export async function exportSupergraph({ versions, lexiconDir, crosswalkUrl, jwksUrl }: ExportSupergraphOptions): Promise<readonly ExportedFile[]> {
  const domains = definitionsOf(versions).map((definition) => elsewhere(definition, crosswalkUrl))
  const definitions: readonly SubgraphDefinition[] = lexiconDir === undefined ? domains : [...domains, { ...crosswalkDefinition(await loadLexicon(lexiconDir), domains), url: crosswalkUrl }]
  // The crosswalk extends the domains' types as a subgraph inside the gateway may; outside it is the same crosswalk.
  const shared = definitions.map((definition) => ({ ...definition, products: [] }))
  const { sdl } = valueOf(await composeOffThread({ subgraphs: shared, options: { sharedTypes: 'any' } }), 'COMPOSITION_FAILED', 'polyseme check')
  return [
    { path: 'supergraph.graphql', text: sdl },
    { path: 'supergraph-open.graphql', text: withoutAccessDirectives(sdl) },
    ...definitions.map((definition) => ({ path: `subgraphs/${definition.name}.graphql`, text: definition.sdl })),
    ...routerConfigs({ jwksUrl, signerUrl: new URL(crosswalkUrl).origin, subgraphs: Object.fromEntries(definitions.map(({ name, url }) => [name, url])) }),
  ]
}

/** A qualified foreign subgraph as other routers know it: its contract's rules in its text, and the way to it through the crosswalk, which translates. */
function elsewhere(definition: SubgraphDefinition, crosswalkUrl: string): SubgraphDefinition {
  if (definition.foreignNames === undefined) return definition
  return { ...definition, sdl: withContractAccess(definition), url: new URL(`/subgraphs/${definition.name}/graphql`, crosswalkUrl).href }
}
