import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import type { Lexicon } from '@polyseme/kit/lexicon'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { seenBy, type LivePolicies, type PolicyFile } from '../access/index.ts'
import { MAX_FORMER_GRAPHS, type SubgraphVersion } from '../registry/index.ts'
import { loadSupergraphOffThread, type Supergraph } from '../supergraph/index.ts'
import { hasPart } from './consumers-of.ts'
import type { OpenRegistry } from './open-registry.ts'
import { ownDefinitions } from './own-definitions.ts'
import { definitionsOf, findGraphBefore, type PublishedGraph } from './published-graph.ts'
import { readProducts } from './read-products.ts'

/** Time for a graph to be read; whoever asks later finds it. */
const ANSWER_DEADLINE_MS = 10_000

/** A graph that was served, and the policies that its domains brought with it. */
interface FormerGraph {
  readonly supergraph: Supergraph
  readonly brought: readonly PolicyFile[]
}

export interface FormerGraphsOptions {
  /** Undefined while it does not answer. */
  readonly registry: () => OpenRegistry | undefined
  readonly policies: LivePolicies
  readonly lexicon: Lexicon | undefined
}

/** What callers could know of in the graphs before some steps: the three that were asked for last are kept, and one is read at a time. */
export class FormerGraphs {
  readonly #options: FormerGraphsOptions
  /** By the step that came after, least recently used first. */
  readonly #graphs = new Map<number, Promise<FormerGraph | undefined>>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: FormerGraphsOptions) {
    this.#options = options
  }

  /** By the policies of today and those that were published with that graph; of nothing when it cannot be read, or not soon. */
  async mayKnowBefore(sequence: number, principal: Principal): Promise<(coordinate: string) => boolean> {
    const stop = new AbortController()
    try {
      const former = await Promise.race([this.#find(sequence), delay(ANSWER_DEADLINE_MS, undefined, { ref: false, signal: stop.signal })])
      if (former === undefined) return knowsNothing
      const { supergraph, brought } = former
      const seen = seenBy(principal, supergraph, this.#options.policies.formerDecider(supergraph, brought))
      return (coordinate) => hasPart(seen, coordinate)
    } catch {
      // Away, damaged, or policies that do not go together any more: what cannot be judged is not shown.
      return knowsNothing
    } finally {
      stop.abort()
    }
  }

  #find(sequence: number): Promise<FormerGraph | undefined> {
    const found = this.#graphs.get(sequence) ?? this.#begin(sequence)
    this.#graphs.delete(sequence)
    this.#graphs.set(sequence, found)
    const [oldest] = this.#graphs.keys()
    if (this.#graphs.size > MAX_FORMER_GRAPHS && oldest !== undefined) this.#graphs.delete(oldest)
    return found
  }

  #begin(sequence: number): Promise<FormerGraph | undefined> {
    const loading = this.#turn.then(async () => await this.#load(sequence))
    this.#turn = loading.catch(() => {
      // The next asker tries again.
      if (this.#graphs.get(sequence) === loading) this.#graphs.delete(sequence)
    })
    return loading
  }

  async #load(sequence: number): Promise<FormerGraph | undefined> {
    const registry = this.#options.registry()
    if (registry === undefined) throw new GatewayError('REGISTRY_UNAVAILABLE', 'the registry does not answer')
    const published = await findGraphBefore(sequence, registry.store, registry.verifier)
    return published === undefined ? undefined : { supergraph: await this.#supergraphOf(published), brought: published.versions.flatMap(policiesOf) }
  }

  async #supergraphOf({ sdl, versions }: PublishedGraph): Promise<Supergraph> {
    // Of what is in such a contract nothing would be protected by a policy.
    if (versions.some((version) => readProducts(version).kind === 'invalid')) throw new GatewayError('CONTRACT_INVALID', 'a contract of then cannot be read any more')
    const domains = definitionsOf(versions)
    // A graph that was composed by an earlier version, or without a lexicon, may not have all of them.
    const own = ownDefinitions(this.#options.lexicon, domains).filter(({ url }) => sdl.includes(`url: "${url}"`))
    return await loadSupergraphOffThread(sdl, [...domains, ...own])
  }
}

/** As they are called where they are in force. */
function policiesOf({ subgraph, policies }: SubgraphVersion): readonly PolicyFile[] {
  return policies.map(({ path, text }) => ({ path: `${subgraph}/${path}`, name: `${subgraph}/${basename(path)}`, text, domain: subgraph }))
}

function knowsNothing(): boolean {
  return false
}
