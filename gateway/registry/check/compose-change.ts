import type { DataProduct } from '@polyseme/kit/contract'
import type { SubgraphDefinition } from '../../supergraph/index.ts'
import type { ComposeTask } from '../compose-off-thread.ts'
import type { SubgraphArtifact } from '../records.ts'
import { subgraphDefinition } from '../subgraph-definition.ts'
import type { CheckEnvironment } from './check-publish.ts'

/** The subgraphs of two states of the graph, and the id of the composed graph that is live now. */
export interface GraphStates {
  readonly before: readonly SubgraphArtifact[]
  readonly after: readonly SubgraphArtifact[]
  /** Undefined before the first publish. */
  readonly live: string | undefined
  /** What `after` was composed to already; absent: it is composed. */
  readonly sdl?: string
}

/** Composes the later state and compares it with the live one. */
export async function composeChange({ before, after, live, sdl }: GraphStates, environment: CheckEnvironment): Promise<ComposeTask> {
  const supergraph = live === undefined ? undefined : await environment.store.findSupergraph(live)
  const subgraphs = definitionsOf(after, environment)
  const composed = sdl === undefined ? {} : { sdl }
  if (supergraph === undefined) return { subgraphs, options: {}, ...composed }
  return { subgraphs, options: {}, ...composed, compareWith: { sdl: supergraph.sdl, subgraphs: definitionsOf(before, environment) } }
}

function definitionsOf(artifacts: readonly SubgraphArtifact[], environment: CheckEnvironment): readonly SubgraphDefinition[] {
  const definitions = artifacts.map((artifact) => subgraphDefinition(artifact, productsOf(artifact, environment)))
  return [...definitions, ...environment.ownSubgraphs(definitions)]
}

/** The products of an artefact; none where its contracts cannot be read. */
export function productsOf(artifact: SubgraphArtifact, environment: CheckEnvironment): readonly DataProduct[] {
  const read = environment.readProducts(artifact)
  return read.kind === 'ok' ? read.value : []
}
