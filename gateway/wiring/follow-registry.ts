import type { Log, ServingGraph, ServingGraphHolder } from '../serve/index.ts'
import { findLastGoodGraph, saveLastGoodGraph } from './last-good-graph.ts'
import type { OpenRegistry } from './open-registry.ts'
import { assertSigned, findPublishedCanary, findPublishedGraph, type PublishedGraph } from './published-graph.ts'
import { GatewayError } from '@polyseme/kit/errors'
import type { Deployment, DeploymentVerifier } from '../registry/index.ts'

/** Makes a published graph ready to serve, its links loaded; takes a while, during which the one before is served. */
export type PrepareGraph = (published: PublishedGraph, channel: Deployment['channel']) => Promise<ServingGraph>

/** The graph to begin with: the live one, or the last good one when the registry does not answer. */
export interface FirstGraph {
  /** Undefined before the first publish. */
  readonly published: PublishedGraph | undefined
  /** It comes from the last good copy: the registry may know a newer one. */
  readonly stale: boolean
}

/** @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT when there is neither */
export async function findFirstGraph(open: () => Promise<OpenRegistry>, dataDir: string, { verifier, log, keeps }: { readonly verifier: DeploymentVerifier; readonly log: Log; readonly keeps: boolean }): Promise<FirstGraph & { readonly registry: OpenRegistry | undefined }> {
  try {
    const registry = await open()
    const published = await findPublishedGraph(registry.store, verifier)
    if (published !== undefined && keeps) await saveLastGoodGraph(dataDir, published)
    return { published, stale: false, registry }
  } catch (error) {
    const isAway = error instanceof GatewayError && (error.code === 'REGISTRY_UNAVAILABLE' || error.code === 'REGISTRY_CORRUPT')
    const published = isAway ? await findLastGoodGraph(dataDir) : undefined
    if (published === undefined) throw error
    await assertSigned(published, verifier)
    log.error('the registry does not answer; serving the last good graph', { step: published.deployment.sequence }, error)
    return { published, stale: true, registry: undefined }
  }
}

const PLANS_MADE_AHEAD = 200

/** Takes over each newer step while the gateway serves; a step that cannot be taken over is logged and the one before stays. */
export async function followRegistry(registry: OpenRegistry, graphs: ServingGraphHolder, options: { readonly first: PublishedGraph | undefined; /** Where the last good graph is kept; undefined: another process keeps it. */ readonly lastGoodDir: string | undefined; readonly prepare: PrepareGraph; readonly log: Log; readonly signal: AbortSignal }): Promise<void> {
  const { lastGoodDir, prepare, log, signal } = options
  let served = options.first?.deployment.sequence ?? 0
  let turn: Promise<void> = Promise.resolve()
  const takeOver = async (): Promise<void> => {
    const published = await findPublishedGraph(registry.store, registry.verifier)
    // Steps only go forward: an older one is somebody's replay (R07).
    if (published === undefined || published.deployment.sequence <= served || signal.aborted) return
    const graph = await prepare(published, 'live')
    if (signal.aborted) return await graph.close()
    // So that no client waits for a plan that everybody asks for.
    await graph.planner.warmFrom(graphs.current.planner, PLANS_MADE_AHEAD)
    graphs.replace(graph)
    served = published.deployment.sequence
    if (lastGoodDir !== undefined) await saveLastGoodGraph(lastGoodDir, published)
    log.info('took over a published graph', { step: served, supergraph: graph.supergraph.id })
  }
  const takeOverCanary = async (): Promise<void> => {
    const published = await findPublishedCanary(registry.store, registry.verifier)
    const sequence = published?.deployment.sequence
    if (sequence === graphs.canary?.sequence || signal.aborted) return
    if (published === undefined) {
      graphs.setCanary(undefined)
      log.info('the canary has ended')
      return
    }
    const graph = await prepare(published, 'canary')
    if (signal.aborted) return await graph.close()
    const { percent } = published.deployment
    graphs.setCanary({ graph, percent, sequence: published.deployment.sequence })
    log.info('took over a canary', { step: sequence, supergraph: graph.supergraph.id, percent })
  }
  const takeTurn = (): void => {
    turn = turn.then(takeOver).then(takeOverCanary).catch((error: unknown) => log.error('a published graph could not be taken over; the one before stays', {}, error))
  }
  await registry.store.watch(takeTurn, signal)
  // What was published before the watch began, while the registry was away or the first graph was made, is told by nobody.
  takeTurn()
}
