import { formatDiagnostic } from '@polyseme/kit/errors'
import type { SigningKey } from '@polyseme/kit/identity'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createMaskKeyring, loadOrCreateMaskSecret, type LivePolicies } from '../access/index.ts'
import { createDeploymentSigner, type OperationUsage } from '../registry/index.ts'
import { ServingGraphHolder, type Log, type ServingGraph } from '../serve/index.ts'
import type { CatalogRecords } from '../catalog/index.ts'
import type { UsageMeter } from '../usage/index.ts'
import { buildServingGraph, type BuildOptions } from './build-serving-graph.ts'
import { catalogRecordsOf } from './catalog-records.ts'
import { buildEmptyGraph } from './empty-graph.ts'
import { FormerGraphs } from './former-graphs.ts'
import { findFirstGraph, followRegistry, type PrepareGraph } from './follow-registry.ts'
import type { GatewayConfig, RegistryConfig } from './gateway-config.ts'
import { LiveGovernance } from './live-governance.ts'
import { loadLexicon, loadMesh, type Mesh } from './load-mesh.ts'
import { loadLinks, type LoadedLinks } from './load-links.ts'
import { createNoticeWebhook } from './notice-webhook.ts'
import { configuredPolicyFolders, openPolicies } from './open-policies.ts'
import { openRegistry, type OpenRegistry } from './open-registry.ts'
import { definitionsOf, type PublishedGraph } from './published-graph.ts'
import type { ProcessShare } from './process-share.ts'
import { PublishedPolicies } from './published-policies.ts'
import { shareUsage } from './share-usage.ts'
import { transportBoundsOf } from './subgraph-traffic.ts'

export interface ServingOptions {
  readonly config: GatewayConfig
  readonly signingKey: SigningKey
  readonly log: Log
  readonly access: BuildOptions['access']
  /** Who uses what; absent: nobody's use is counted. */
  readonly meter?: UsageMeter
  /** In a gateway of several processes; absent: it is alone. */
  readonly share?: ProcessShare
}

/** What answers operations, and what it comes from. */
export interface Serving {
  readonly graphs: ServingGraphHolder
  readonly policies: LivePolicies
  /** Absent without a registry. */
  readonly formerGraphs?: FormerGraphs
  /** Undefined without a registry, and while it does not answer. */
  readonly registry: () => OpenRegistry | undefined
  /** The registry did not answer at the start and does not yet: the graph may be an old one. */
  readonly isStale: () => boolean
  readonly close: () => Promise<void>
}

const REGISTRY_RETRY_MS = 2_000

/** The graph of the configuration, or the registry's live one and every newer one from then on. */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { registry } = options.config
  return registry === undefined ? await serveConfiguration(options) : await serveRegistry(options, registry)
}

async function serveConfiguration(options: ServingOptions): Promise<Serving> {
  const readUsage = (days: number): Promise<readonly OperationUsage[]> => Promise.resolve(options.meter?.readUsage(days) ?? [])
  await using stack = new AsyncDisposableStack()
  const mesh = await loadMesh(options.config)
  const { prepare, policies } = await createPreparation(options, { mesh, policyFolders: configuredPolicyFolders(options.config), records: catalogRecordsOf({ registry: () => undefined, readUsage }) }, stack)
  const graphs = new ServingGraphHolder(await prepare(mesh))
  stack.defer(async () => await graphs.close())
  const held = stack.move()
  return { graphs, policies, registry: () => undefined, isStale: () => false, close: async () => await held.disposeAsync() }
}

async function serveRegistry(options: ServingOptions, registryConfig: RegistryConfig): Promise<Serving> {
  const { config, signingKey, log, meter, share } = options
  // What stands in the configuration is published once, and the last good graph has one writer.
  const subgraphs = share === undefined || share.leads ? config.subgraphs : []
  const lastGoodDir = share === undefined || share.leads ? config.dataDir : undefined
  await using stack = new AsyncDisposableStack()
  const stop = new AbortController()
  stack.defer(() => stop.abort())
  const lexicon = config.lexiconDir === undefined ? undefined : await loadLexicon(config.lexiconDir)
  const governance = config.governanceFile === undefined ? undefined : stack.use(await LiveGovernance.open({ file: config.governanceFile, environment: config.environment, log }))
  const verifier = createDeploymentSigner(signingKey.privateJwk)
  let registry: OpenRegistry | undefined
  const usage = meter === undefined ? undefined : shareUsage({ meter, store: () => registry?.store, log, brings: share === undefined || share.leads })
  const readUsage = async (days: number): Promise<readonly OperationUsage[]> => await usage?.read(days) ?? []
  const open = async (): Promise<OpenRegistry> => await openRegistry({ registry: registryConfig, subgraphs, lexicon, signingKey, readUsage, allowedHosts: config.allowedHosts ?? [], ...(governance === undefined ? {} : { governance: () => governance.current }), ...(config.noticeWebhook === undefined ? {} : { onStep: createNoticeWebhook(config.noticeWebhook, log) }), ...(config.policiesDir === undefined ? {} : { policiesDir: config.policiesDir }) })
  const first = await findFirstGraph(open, config.dataDir, { verifier, log, keeps: lastGoodDir !== undefined })
  registry = first.registry
  stack.defer(async () => await registry?.store.close())
  if (usage !== undefined) stack.use(usage)

  const meshOf = (published: PublishedGraph): Mesh => ({ domains: definitionsOf(published.versions), lexicon })
  const firstMesh = first.published === undefined ? { domains: [], lexicon } : meshOf(first.published)
  const publishedPolicies = new PublishedPolicies(join(config.dataDir, 'published-policies'), configuredPolicyFolders(config))
  await publishedPolicies.lay(first.published?.versions ?? [])
  const { prepare: prepareMesh, policies } = await createPreparation(options, { mesh: firstMesh, policyFolders: publishedPolicies.folders, records: catalogRecordsOf({ registry: () => registry, formerGraphs: () => formerGraphs, readUsage }) }, stack)
  const formerGraphs = new FormerGraphs({ registry: () => registry, policies, lexicon })
  const prepare: PrepareGraph = async (published, channel) => {
    const graph = await prepareMesh(meshOf(published), published.sdl)
    // Policies hold for everyone, and a canary brings none of its own.
    if (channel === 'canary') return graph
    // In force a moment before the graph that they came with: never is there a graph without its policies.
    await publishedPolicies.lay(published.versions)
    await policies.refresh()
    return graph
  }
  const graphs = new ServingGraphHolder(first.published === undefined ? buildEmptyGraph(policies) : await prepare(first.published, 'live'))
  stack.defer(async () => await graphs.close())

  const follow = async (opened: OpenRegistry): Promise<void> => {
    registry = opened
    await followRegistry(opened, graphs, { first: first.published, lastGoodDir, prepare, log, signal: stop.signal })
  }
  if (registry === undefined) void reopen(open, { follow, log, signal: stop.signal })
  else await follow(registry)
  const held = stack.move()
  return { graphs, policies, formerGraphs, registry: () => registry, isStale: () => registry === undefined, close: async () => await held.disposeAsync() }
}

/** Tries the registry again until it answers; the last good graph is served meanwhile. */
async function reopen(open: () => Promise<OpenRegistry>, { follow, log, signal }: { readonly follow: (opened: OpenRegistry) => Promise<void>; readonly log: Log; readonly signal: AbortSignal }): Promise<void> {
  for (;;) {
    try {
      await delay(REGISTRY_RETRY_MS, undefined, { signal, ref: false })
    } catch {
      return
    }
    try {
      await follow(await open())
      log.info('the registry answers again')
      return
    } catch (error) {
      log.warn('the registry still does not answer', { reason: error instanceof Error ? error.message : 'unknown' })
    }
  }
}

interface Preparation {
  readonly policies: LivePolicies
  /** Builds what serves a mesh and loads its links; `sdl` where it was composed before. */
  readonly prepare: (mesh: Mesh, sdl?: string) => Promise<ServingGraph>
}

/** What is served first, where the domains' policies lie, and what the catalogue tells beside it. */
interface FirstMesh {
  readonly mesh: Mesh
  readonly policyFolders: PublishedPolicies['folders']
  readonly records: CatalogRecords
}

/** What is opened once for all graphs: policies, keys. Each graph gets its own crosswalk, planner and connections. */
async function createPreparation({ config, signingKey, log, access, share }: ServingOptions, { mesh, policyFolders, records }: FirstMesh, stack: AsyncDisposableStack): Promise<Preparation> {
  const policies = stack.use(await openPolicies(config, mesh, {
    agreements: access.agreements,
    domains: policyFolders,
    onVocabulary: ({ purposes }) => access.agreements.usePurposes(purposes),
    report: (findings) => {
      for (const finding of findings) log.warn('policies', { finding: formatDiagnostic(finding) })
    },
  }))
  const maskKeyring = createMaskKeyring(await loadOrCreateMaskSecret(config.keysDir))
  const prepare: Preparation['prepare'] = async (next, sdl) => {
    access.agreements.useProducts(next.domains.flatMap(({ products }) => products))
    const { graph, crosswalk } = await buildServingGraph(next, { dataDir: config.dataDir, signingKey, policies, maskKeyring, access, records, allowedHosts: config.allowedHosts ?? [], ...trafficOf(config, log), ...(share === undefined ? {} : { planEngine: share.planEngine }), ...(config.engine === undefined ? {} : { engine: config.engine }), ...(sdl === undefined ? {} : { sdl }) })
    const planned = graph.planner.ready()
    planned.catch(() => {})
    let links: LoadedLinks | undefined
    const close = async (): Promise<void> => {
      links?.stop()
      await graph.close()
    }
    try {
      // The links that one process loads are there for all: they share the store.
      if (crosswalk !== undefined && share?.leads !== false) links = await loadLinks(crosswalk, log)
      await planned
      return { ...graph, close }
    } catch (error) {
      await close()
      throw error
    }
  }
  return { prepare, policies }
}

/** The bounds of the traffic to subgraphs, and who is told when one hangs. */
function trafficOf(config: GatewayConfig, log: Log): Pick<BuildOptions, 'boundsOf' | 'onHung'> {
  return {
    boundsOf: (subgraph) => transportBoundsOf(config, subgraph),
    onHung: (subgraph, isHung) => {
      if (isHung) log.error('a domain hangs: nothing is sent to it until it answers', { subgraph })
      else log.info('a domain that hung answers again', { subgraph })
    },
  }
}
