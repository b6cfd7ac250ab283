import type { HttpTransportOptions } from '../execute/index.ts'
import type { GatewayConfig, SubgraphTraffic } from './gateway-config.ts'

/** How a subgraph's transport bounds its traffic. */
export type TransportBounds = Pick<HttpTransportOptions, 'timeoutMs' | 'maxConnections' | 'pipelining' | 'maxRequestBytes' | 'maxResponseBytes' | 'coalesce' | 'guard' | 'watch'>

const DEFAULT_DEADLINE_MS = 30_000

/** What the configuration says of one subgraph: its own values before those for all. */
export function transportBoundsOf({ traffic, deadlineMs = DEFAULT_DEADLINE_MS }: Pick<GatewayConfig, 'traffic' | 'deadlineMs'>, subgraph: string): TransportBounds {
  const { subgraphs = {}, ...all } = traffic ?? {}
  const own: SubgraphTraffic = Object.hasOwn(subgraphs, subgraph) ? (subgraphs[subgraph] ?? {}) : {}
  const { timeoutMs = Math.ceil((deadlineMs * 2) / 3), breaker: _breaker, hungAfterMs, maxConcurrent, maxWaiting, retries, retryPercent, ...bounds } = { ...all, ...own }
  return {
    ...bounds,
    timeoutMs,
    // Three ticks of silence and three for the answer.
    ...(hungAfterMs === undefined ? {} : { watch: { tickMs: Math.ceil(hungAfterMs / 6) } }),
    guard: {
      breaker: { ...all.breaker, ...own.breaker },
      ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
      ...(maxWaiting === undefined ? {} : { maxWaiting }),
      ...(retries === undefined ? {} : { retries }),
      ...(retryPercent === undefined ? {} : { retryShare: retryPercent / 100 }),
    },
  }
}
