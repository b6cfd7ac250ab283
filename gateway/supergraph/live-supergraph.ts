import type { Supergraph } from './supergraph.ts'

export type SupergraphListener = (next: Supergraph, previous: Supergraph) => void

/**
 * The supergraph that new operations use. An operation takes `current` once and keeps it to its end,
 * so a swap never changes what a running one sees.
 */
export class LiveSupergraph {
  #current: Supergraph
  readonly #listeners = new Set<SupergraphListener>()

  constructor(first: Supergraph) {
    this.#current = first
  }

  get current(): Supergraph {
    return this.#current
  }

  /** Lets new operations use `next`; does nothing when it is the same graph. Every listener is told, whatever another one throws. */
  swap(next: Supergraph): void {
    const previous = this.#current
    if (next.id === previous.id && next.subgraphs === previous.subgraphs) return
    this.#current = next
    const failures: unknown[] = []
    for (const listener of this.#listeners) {
      try {
        listener(next, previous)
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'listeners of the supergraph failed')
  }

  /** Calls `listener` after each swap, until the returned function is called. */
  onSwap(listener: SupergraphListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
