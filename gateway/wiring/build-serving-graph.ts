import { createCallSigner, type SigningKey } from '@polyseme/kit/identity'
import { createCallIdentityBuilder, mayRead, type Decider, type LivePolicies, type MaskKeyring } from '../access/index.ts'
import { createCrosswalk, type Crosswalk } from '../crosswalk/index.ts'
import { HttpTransport, InProcessTransport, type SubgraphTransport } from '../execute/index.ts'
import { createPlanner } from '../plan/index.ts'
import type { ServingGraph } from '../serve/index.ts'
import { composeSupergraph, loadSupergraph, type Supergraph } from '../supergraph/index.ts'
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
  readonly policies: LivePolicies
  readonly maskKeyring: MaskKeyring
  /** The graph that was composed of this mesh before; absent: it is composed here. */
  readonly sdl?: string
}

/** Composes the domains and the crosswalk, and lays the ways to them. @throws COMPOSITION_FAILED */
export function buildServingGraph(mesh: Mesh, options: BuildOptions): BuiltGraph {
  const { dataDir, policies } = options
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
  const supergraph = options.sdl === undefined ? valueOf(composeSupergraph(definitions), 'COMPOSITION_FAILED', 'polyseme check') : loadSupergraph(options.sdl, definitions)
  const decider = (): Decider => policies.accessDecider(supergraph)
  addTransports(transports, { ...options, supergraph, crosswalk, decider })
  const planner = createPlanner(supergraph)
  return {
    crosswalk,
    graph: {
      supergraph,
      planner,
      transports,
      decider,
      close: async () => {
        await planner.close()
        await Promise.all([...transports.values()].map(async (transport) => await transport.close()))
        await crosswalk?.close()
      },
    },
  }
}

interface TransportOptions extends Pick<BuildOptions, 'signingKey' | 'maskKeyring'> {
  readonly supergraph: Supergraph
  readonly crosswalk: Crosswalk | undefined
  readonly decider: () => Decider
}

function addTransports(transports: Map<string, SubgraphTransport>, { supergraph, crosswalk, decider, signingKey, maskKeyring }: TransportOptions): void {
  const signer = createCallSigner({ privateJwk: signingKey.privateJwk })
  for (const { name, url, products } of supergraph.subgraphs.values()) {
    if (name === crosswalk?.name) {
      transports.set(name, new InProcessTransport(name, crosswalk.schema, ({ principal }) => ({ principal, mayRead: (type) => mayRead(type, principal, supergraph, decider()) })))
      continue
    }
    const identities = createCallIdentityBuilder(products, maskKeyring)
    transports.set(name, new HttpTransport({ subgraph: name, url, identityFor: async (subgraph, principal, masks) => await signer.sign(subgraph, identities.build(principal, masks)) }))
  }
}
