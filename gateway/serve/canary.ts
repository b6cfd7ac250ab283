import type { Principal } from '@polyseme/kit/identity'
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ServingGraph } from './serving-graph.ts'

/** A graph that a share of the callers gets, until it is promoted or ended. */
export interface Canary {
  readonly graph: ServingGraph
  /** 1 to 99. */
  readonly percent: number
  /** Step of the history that began it. */
  readonly sequence: number
}

/** `always` and `never` decide for one request, whatever the share; anything else leaves it to the share. */
export const CANARY_HEADER = 'x-polyseme-canary'

/** Whether this request gets the canary. One caller gets the same graph as long as the canary runs; another canary draws anew. */
export function takesCanary({ percent, sequence }: Pick<Canary, 'percent' | 'sequence'>, principal: Principal, request: Pick<IncomingMessage, 'headers'>): boolean {
  const wanted = request.headers[CANARY_HEADER]
  if (wanted === 'always' || wanted === 'never') return wanted === 'always'
  const drawn = createHash('sha256').update(JSON.stringify([sequence, principal.issuer, principal.subject])).digest().readUInt32BE(0)
  return drawn / 2 ** 32 < percent / 100
}
