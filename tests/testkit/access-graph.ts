import { formatDiagnostic } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { composeSupergraph, type ComposeOptions, type SubgraphDefinition, type Supergraph } from '../../gateway/supergraph/index.ts'

/** What a subgraph of a test imports from federation unless its SDL says so itself. */
const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject",
  "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize"
])
`

/** SDLs by domain as subgraph definitions; the federation imports are added where an SDL has none. */
export function subgraphsOf(sdls: Readonly<Record<string, string>>): readonly SubgraphDefinition[] {
  return Object.entries(sdls).map(([name, sdl]) => ({ name, url: `http://${name}.test/`, sdl: sdl.includes('@link(') ? sdl : `${LINK}${sdl}`, products: [] }))
}

/** Composes SDLs by domain as the gateway does; throws with every finding. */
export function composeGraph(sdls: Readonly<Record<string, string>>, options: ComposeOptions = { sharedTypes: 'any' }): Supergraph {
  const result = composeSupergraph(subgraphsOf(sdls), options)
  if (result.kind === 'invalid') throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}

/** A caller with these scopes and nothing else. */
export function caller(...scopes: readonly string[]): Principal {
  return { issuer: 'https://issuer.test', subject: 'someone', scopes: new Set(scopes), roles: [], claims: {}, expiresAtSec: 4_000_000_000 }
}
