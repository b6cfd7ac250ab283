import type { Principal } from '@polyseme/kit/identity'
import { hash } from 'node:crypto'
import { answerFingerprint, type AuthorizedOperation, type Decider } from '../../access/index.ts'
import type { ExecutionOutcome } from '../../execute/index.ts'
import { rowCounts } from '../../usage/index.ts'
import type { ServingGraph } from '../serving-graph.ts'
import { keepingOf } from './keeping.ts'
import type { KeptAnswer, ResponseCache } from './response-cache.ts'

export interface VisitOptions {
  readonly graph: ServingGraph
  readonly decider: Decider
  readonly authorized: AuthorizedOperation
  readonly principal: Principal
}

/** One operation at the cache: everything that decides its answer is in its key, or it has no visit. */
export interface CacheVisit {
  readonly find: () => KeptAnswer | undefined
  /** Keeps the answer, unless it has errors or what decided it changed meanwhile; returns what was kept. */
  readonly keep: (outcome: ExecutionOutcome) => KeptAnswer | undefined
}

/**
 * Undefined where the answer may not be kept.
 *
 * The key holds the graph, the rules in force (policies and agreements), the document, its variables, the version of the links where
 * they matter, and `answerFingerprint`: every decision, mask and row restriction, and the caller with everything that a domain is told of
 * it, or, where every contract concerned lets callers share, what its row filters go by.
 */
export function openVisit(cache: ResponseCache, { graph, decider, authorized, principal }: VisitOptions): CacheVisit | undefined {
  // What is denied is an error beside the data.
  if (authorized.denied.length > 0 || authorized.operation === undefined) return undefined
  const keeping = keepingOf(authorized.original, graph.supergraph)
  const links = keeping?.ofLinks === true ? graph.linksVersion?.() : 0
  if (keeping === undefined || links === undefined) return undefined
  const { original } = authorized
  const whose = answerFingerprint(authorized, principal, { supergraph: graph.supergraph, scope: keeping.shared ? 'shared' : 'caller' })
  const key = hash('sha256', JSON.stringify([cache.numberOf(graph), cache.numberOf(decider), original.hash, original.variables, links, whose]), 'base64url')
  const asOfMs = cache.clock()
  return {
    find: () => cache.find(key),
    keep: (outcome) => {
      if (outcome.errors.length > 0 || outcome.data === null) return undefined
      const isUnchanged = graph.decider() === decider && (!keeping.ofLinks || graph.linksVersion?.() === links)
      if (!isUnchanged) return undefined
      const { text, data, rows } = outcome
      const kept: KeptAnswer = { text, asOfMs, seconds: Math.min(keeping.seconds, cache.maxSeconds), rows: rowCounts(data, rows) }
      cache.keep(key, kept)
      return kept
    },
  }
}
