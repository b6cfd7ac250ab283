import type { SubgraphTraffic, TrafficConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** `traffic` of the mesh file. */
export function readTraffic(map: ConfigMap | undefined): TrafficConfig | undefined {
  if (map === undefined) return undefined
  const all = readSubgraphTraffic(map)
  const named = map.map('subgraphs')
  const subgraphs = named === undefined ? undefined : Object.fromEntries(named.keys().flatMap((name) => {
    const own = named.map(name)
    if (own === undefined) return []
    const traffic = readSubgraphTraffic(own)
    own.end()
    return [[name, traffic] as const]
  }))
  map.end()
  return { ...all, ...(subgraphs === undefined ? {} : { subgraphs }) }
}

function readSubgraphTraffic(map: ConfigMap): SubgraphTraffic {
  const coalesce = map.flag('coalesce')
  const breaker = map.map('breaker')
  const traffic = {
    ...map.integers({
      timeoutMs: [100, 600_000], hungAfterMs: [600, 3_600_000], maxConnections: [1, 10_000], pipelining: [1, 64], maxConcurrent: [1, 100_000], maxWaiting: [0, 1_000_000],
      maxRequestBytes: [1_024, 2 ** 30], maxResponseBytes: [1_024, 2 ** 32], retries: [0, 5], retryPercent: [0, 100],
    }),
    ...(coalesce === undefined ? {} : { coalesce }),
    ...(breaker === undefined ? {} : { breaker: breaker.integers({ failures: [1, 10_000], restMs: [10, 600_000], maxRestMs: [10, 600_000] }) }),
  }
  breaker?.end()
  return traffic
}
