import { createCallSigner, type CallSigner, type SigningKey } from '@polyseme/kit/identity'
import { mayRead } from '../access/index.ts'
import { createCrosswalk, type Crosswalk } from '../crosswalk/index.ts'
import { HttpTransport, InProcessTransport, type SubgraphTransport } from '../execute/index.ts'
import { createPlanner } from '../plan/index.ts'
import type { ServingGraph } from '../serve/index.ts'
import { composeSupergraph, type Supergraph } from '../supergraph/index.ts'
import { createSenseReader, createVisibilityReader } from './domain-reader.ts'
import { valueOf, type Mesh } from './load-mesh.ts'

/** A graph that can be served, and the crosswalk in it, whose links are not loaded yet. */
export interface BuiltGraph {
  readonly graph: ServingGraph
  readonly crosswalk: Crosswalk | undefined
}

export interface BuildOptions {
  /** Holds `links/`. */
  readonly dataDir: string
  readonly signingKey: SigningKey
}

/** Composes the domains and the crosswalk, and lays the ways to them. @throws COMPOSITION_FAILED */
export function buildServingGraph(mesh: Mesh, { dataDir, signingKey }: BuildOptions): BuiltGraph {
  const transports = new Map<string, SubgraphTransport>()
  const products = mesh.domains.flatMap((domain) => domain.products)
  const crosswalk = mesh.lexicon === undefined ? undefined : createCrosswalk({
    lexicon: mesh.lexicon,
    domains: mesh.domains,
    dataDir,
    readSense: createSenseReader({ transports, products }),
    findVisible: createVisibilityReader({ transports }),
  })
  const definitions = crosswalk === undefined ? mesh.domains : [...mesh.domains, { name: crosswalk.name, url: crosswalk.url, sdl: crosswalk.sdl, products: [] }]
  const supergraph = valueOf(composeSupergraph(definitions), 'COMPOSITION_FAILED', 'polyseme check')
  addTransports(transports, supergraph, createCallSigner({ privateJwk: signingKey.privateJwk }), crosswalk)
  const planner = createPlanner(supergraph)
  return {
    crosswalk,
    graph: {
      supergraph,
      planner,
      transports,
      close: async () => {
        await planner.close()
        await Promise.all([...transports.values()].map(async (transport) => await transport.close()))
        await crosswalk?.close()
      },
    },
  }
}

function addTransports(transports: Map<string, SubgraphTransport>, supergraph: Supergraph, signer: CallSigner, crosswalk: Crosswalk | undefined): void {
  for (const { name, url } of supergraph.subgraphs.values()) {
    if (name === crosswalk?.name) {
      transports.set(name, new InProcessTransport(name, crosswalk.schema, ({ principal }) => ({ principal, mayRead: (type) => mayRead(type, principal, supergraph) })))
    } else {
      transports.set(name, new HttpTransport({ subgraph: name, url, identityFor: async (subgraph, principal, masks) => await signer.sign(subgraph, { principal, masks }) }))
    }
  }
}
