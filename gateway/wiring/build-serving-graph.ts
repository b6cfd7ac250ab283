import { createCallSigner, NO_ROW_RESTRICTIONS, type SigningKey } from '@polyseme/kit/identity'
import type { GraphQLSchema } from 'graphql'
import { lookup } from 'node:dns'
import { createAccessSubgraph, createCallIdentityBuilder, explainOperation, mayRead, type AgreementStore, type Decider, type LivePolicies, type MaskKeyring, type PersonalTokenStore } from '../access/index.ts'
import { createCatalog, type CatalogRecords } from '../catalog/index.ts'
import { createCrosswalk, type Crosswalk } from '../crosswalk/index.ts'
import { createStockExecutor, HttpTransport, InProcessTransport, MaskingTransport, QualifiedTransport, type InProcessContext, type SubgraphCallContext, type SubgraphTransport } from '../execute/index.ts'
import { createPlanner, type PlanEngine } from '../plan/index.ts'
import type { ServingGraph } from '../serve/index.ts'
import { composeSupergraph, giveWay, loadSupergraphOffThread, type Supergraph } from '../supergraph/index.ts'
import { catalogMeshOf } from './catalog-mesh.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { createSenseReader, createVisibilityReader } from './domain-reader.ts'
import { valueOf, type Mesh } from './load-mesh.ts'
import { ACCESS_DEFINITION, ALWAYS_OWN, CATALOG_DEFINITION } from './own-definitions.ts'
import type { TransportBounds } from './subgraph-traffic.ts'

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
  /** What the gateway's own subgraph about access speaks about. */
  readonly access: { readonly agreements: AgreementStore; readonly personalTokens: PersonalTokenStore }
  /** Hosts of subgraphs that may have any address. */
  readonly allowedHosts?: readonly string[]
  /** What the catalogue tells of the graph's history and use. */
  readonly records: CatalogRecords
  /** Bounds of the traffic to a subgraph; default as `HttpTransport` has them. */
  readonly boundsOf?: (subgraph: string) => TransportBounds
  /** Told when a subgraph hangs, and when it answers again. */
  readonly onHung?: (subgraph: string, isHung: boolean) => void
  /** Absent: ours. */
  readonly engine?: GatewayConfig['engine']
  /** Where operations are planned, in a gateway of several processes; absent: in a thread of its own. */
  readonly planEngine?: (supergraphSdl: string) => PlanEngine
  /** The graph that was composed of this mesh before; absent: it is composed here. */
  readonly sdl?: string
}

/** Composes the domains and the crosswalk, and lays the ways to them. @throws COMPOSITION_FAILED */
export async function buildServingGraph(mesh: Mesh, options: BuildOptions): Promise<BuiltGraph> {
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
  const ofCrosswalk = crosswalk === undefined ? [] : [{ name: crosswalk.name, url: crosswalk.url, sdl: crosswalk.sdl, products: [] }]
  // A graph that was composed by an earlier version may not have all of them.
  const own = ALWAYS_OWN.filter(({ url }) => options.sdl === undefined || options.sdl.includes(`url: "${url}"`))
  const definitions = [...mesh.domains, ...ofCrosswalk, ...own]
  const supergraph = options.sdl === undefined ? valueOf(composeSupergraph(definitions, { sharedTypes: mesh.sharedTypes ?? [] }), 'COMPOSITION_FAILED', 'polyseme check') : await loadSupergraphOffThread(options.sdl, definitions)
  const decider = (use?: 'read' | 'export'): Decider => policies.accessDecider(supergraph, use)
  await addTransports(transports, { ...options, supergraph, lexicon: mesh.lexicon, crosswalk, decider })
  const stock = options.engine === 'apollo' ? { stock: await createStockExecutor(supergraph) } : {}
  const planner = createPlanner(supergraph, options.planEngine === undefined ? {} : { engine: options.planEngine(supergraph.sdl) })
  return {
    crosswalk,
    graph: {
      supergraph,
      planner,
      transports,
      ...stock,
      decider,
      explain: (operation, principal, use) => explainOperation(operation, principal, supergraph, policies.decider(supergraph, use)),
      ...(crosswalk === undefined ? {} : { linksVersion: () => crosswalk.version() }),
      close: async () => {
        await planner.close()
        await Promise.all([...transports.values()].map(async (transport) => await transport.close()))
        await crosswalk?.close()
      },
    },
  }
}

interface TransportOptions extends Pick<BuildOptions, 'signingKey' | 'maskKeyring' | 'access' | 'policies' | 'records' | 'allowedHosts' | 'boundsOf' | 'onHung'> {
  readonly supergraph: Supergraph
  readonly lexicon: Mesh['lexicon']
  readonly crosswalk: Crosswalk | undefined
  readonly decider: () => Decider
}

async function addTransports(transports: Map<string, SubgraphTransport>, { supergraph, lexicon, crosswalk, decider, signingKey, maskKeyring, access, policies, records, allowedHosts = [], boundsOf, onHung }: TransportOptions): Promise<void> {
  const signer = createCallSigner({ privateJwk: signingKey.privateJwk })
  for (const { name, url, sdl, products, foreignNames, foreignFields } of supergraph.subgraphs.values()) {
    // Another graph is served meanwhile.
    await giveWay()
    if (name === crosswalk?.name) {
      const contextFor = ({ principal }: SubgraphCallContext): InProcessContext => ({ principal, mayRead: (type) => mayRead(type, principal, supergraph, decider()), rowRestrictionsAround: (type) => decider().rowRestrictionsAround?.([type], principal) ?? NO_ROW_RESTRICTIONS })
      transports.set(name, new InProcessTransport(name, () => crosswalk.schema, contextFor, (...request) => crosswalk.answer(...request)))
      continue
    }
    if (name === ACCESS_DEFINITION.name) {
      const schema = (): GraphQLSchema => createAccessSubgraph({ agreements: access.agreements, tokens: access.personalTokens, current: () => ({ supergraph, policies: policies.decider(supergraph) }) })
      transports.set(name, new InProcessTransport(name, schema, ({ principal }) => ({ principal, mayRead: () => true, rowRestrictionsAround: () => NO_ROW_RESTRICTIONS })))
      continue
    }
    if (name === CATALOG_DEFINITION.name) {
      const schema = (): GraphQLSchema => createCatalog({ mesh: catalogMeshOf({ supergraph, lexicon, transports, policies, agreements: access.agreements }), records })
      transports.set(name, new InProcessTransport(name, schema, ({ principal }) => ({ principal, mayRead: () => true, rowRestrictionsAround: () => NO_ROW_RESTRICTIONS })))
      continue
    }
    const identities = createCallIdentityBuilder(products, maskKeyring)
    const http = new HttpTransport({ subgraph: name, url, ...boundsOf?.(name), onHung: (isHung) => onHung?.(name, isHung), ...(allowedHosts.includes(new URL(url).hostname) ? { lookup } : {}), identityFor: async (subgraph, principal, masks, rowRestrictions) => await signer.sign(subgraph, identities.build(principal, masks, rowRestrictions)) })
    // A domain of our kit masks in its SQL; a foreign subgraph knows nothing of masks.
    transports.set(name, foreignNames === undefined ? http : new MaskingTransport(new QualifiedTransport(http, foreignNames, foreignFields), { sdl, products }, maskKeyring))
  }
}
