import type { Mask, Principal, RowRestrictions } from '@polyseme/kit/identity'
import type { LargeAnswer, LargeWanted } from './large/large-answer.ts'

/** The fixed part of a request; one object per place in a plan, so that what is derived from it can be kept with it. */
export interface SubgraphOperation {
  readonly text: string
  readonly name: string | undefined
  readonly kind: 'query' | 'mutation'
}

/** On whose behalf, and until when. */
export interface SubgraphCallContext {
  readonly principal: Principal
  readonly masks: Readonly<Record<string, Mask>>
  readonly rowRestrictions: RowRestrictions
  readonly accessFingerprint: string
  /** Aborts when the client leaves or the whole operation is out of time. */
  readonly signal: AbortSignal
}

export interface SubgraphRequest {
  readonly operation: SubgraphOperation
  /** JSON object text. */
  readonly variablesText: string
}

/** One error of a subgraph, as it came; nothing of it is trusted. */
export interface SubgraphError {
  readonly message?: unknown
  readonly path?: unknown
  readonly extensions?: unknown
}

/** What a subgraph answered: parsed, not checked against any schema yet. */
export interface SubgraphAnswer {
  readonly data: Readonly<Record<string, unknown>> | null | undefined
  readonly errors: readonly SubgraphError[]
}

/**
 * The way to one subgraph.
 *
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID; the messages name the subgraph, never
 * its address.
 */
export interface SubgraphTransport {
  send(request: SubgraphRequest, context: SubgraphCallContext): Promise<SubgraphAnswer>
  /** The same for a query of root fields, whose answer may be handed over before it is whole; absent: it never is. */
  sendLarge?(request: SubgraphRequest, context: SubgraphCallContext, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer>
  close(): Promise<void>
}
