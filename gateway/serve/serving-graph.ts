import type { Principal } from '@polyseme/kit/identity'
import type { AccessExplanation, Decider } from '../access/index.ts'
import type { StockExecutor, SubgraphTransport } from '../execute/index.ts'
import type { ParsedOperation } from '../operation/index.ts'
import type { Planner } from '../plan/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { Canary } from './canary.ts'

/** Everything that belongs to one version of the supergraph: an operation uses one of these from its first step to its last. */
export interface ServingGraph {
  readonly supergraph: Supergraph
  readonly planner: Planner
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  /** Runs operations in the place of our own planner and executor, for comparison. */
  readonly stock?: StockExecutor
  /** Who may see what, by the rules in force now; ask once for each operation. An `export` needs that right as well. */
  readonly decider: (use?: 'read' | 'export') => Decider
  /** Which rules decide about an operation, the denied coordinates first; for the message of a refusal. */
  readonly explain?: (operation: ParsedOperation, principal: Principal, use: 'read' | 'export') => readonly AccessExplanation[]
  /** Another number whenever the links between domains are others; absent in a graph without a crosswalk. */
  readonly linksVersion?: () => number
  /** Nothing has been published yet: there is nothing to ask. */
  readonly isEmpty?: true
  readonly close: () => Promise<void>
}

/** The graph that new operations use. A replaced one is closed when the last operation that began on it has ended. */
export class ServingGraphHolder {
  #current: ServingGraph
  #canary: Canary | undefined
  readonly #running = new Map<ServingGraph, number>()

  constructor(first: ServingGraph) {
    this.#current = first
  }

  get current(): ServingGraph {
    return this.#current
  }

  get canary(): Canary | undefined {
    return this.#canary
  }

  /** Runs `work` on the current graph, or on the canary where `takes` says so, and keeps that graph open until the work ends. */
  async use<T>(work: (graph: ServingGraph) => Promise<T>, takes?: (canary: Canary) => boolean): Promise<T> {
    const canary = this.#canary
    const graph = canary !== undefined && takes?.(canary) === true ? canary.graph : this.#current
    const release = this.hold(graph)
    try {
      return await work(graph)
    } finally {
      release()
    }
  }

  /** Keeps a graph that is in use open until the returned function is called, once. */
  hold(graph: ServingGraph): () => void {
    this.#running.set(graph, (this.#running.get(graph) ?? 0) + 1)
    return () => this.#release(graph)
  }

  replace(next: ServingGraph): void {
    const previous = this.#current
    this.#current = next
    if (!this.#running.has(previous)) void previous.close()
  }

  /** Begins, changes or ends the canary. */
  setCanary(next: Canary | undefined): void {
    const previous = this.#canary?.graph
    this.#canary = next
    if (previous !== undefined && previous !== next?.graph && !this.#running.has(previous)) void previous.close()
  }

  async close(): Promise<void> {
    await Promise.all([this.#current.close(), this.#canary?.graph.close()])
  }

  #release(graph: ServingGraph): void {
    const left = (this.#running.get(graph) ?? 1) - 1
    if (left > 0) {
      this.#running.set(graph, left)
      return
    }
    this.#running.delete(graph)
    if (graph !== this.#current && graph !== this.#canary?.graph) void graph.close()
  }
}
