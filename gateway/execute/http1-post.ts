import type { GatewayError } from '@polyseme/kit/errors'
import type { CollectedResponse } from './http-response-collector.ts'
import { Http1Error } from './http1-error.ts'
import type { Http1Request } from './http1-exchange.ts'
import type { Http1Pool } from './http1-pool.ts'
import type { LongBody, LongBodyTaker } from './large/long-body.ts'
import { timedOut, unavailable, unusable } from './transport-errors.ts'

export interface Http1Post {
  readonly pool: Http1Pool
  readonly subgraph: string
  readonly request: Http1Request
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Takes over a body that proves to be long; from then on only the signal bounds the time. */
  readonly long?: LongBodyTaker
}

/**
 * Posts on a pool of plain connections, within a deadline for the whole answer.
 *
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID
 */
export function postHttp1({ pool, subgraph, request, timeoutMs, signal, long }: Http1Post): Promise<CollectedResponse> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
    let body: LongBody | undefined
    const fail = (error: GatewayError): void => {
      settle()
      body?.fail(error)
      reject(error)
    }
    const exchange = pool.send(request, {
      onResponse: (response) => {
        settle()
        resolve(response)
      },
      onError: (cause) => fail(cause instanceof Http1Error && cause.refused ? unusable(subgraph, cause.message) : unavailable(subgraph, cause)),
      ...(long === undefined ? {} : { long: { ...long, begin: (begun: LongBody) => {
        clearTimeout(timer)
        body = begun
        long.begin(begun)
      } } }),
    })
    const giveUp = (): void => {
      exchange.cancel()
      fail(timedOut(subgraph))
    }
    const timer = setTimeout(giveUp, timeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
