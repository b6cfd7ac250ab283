import { describe, expect, it } from 'vitest'
import { transportBoundsOf } from '../../../gateway/wiring/subgraph-traffic.ts'

describe('bounds of the traffic to a subgraph', () => {
  it('are the transport\'s own, but for two thirds of the deadline, where nothing is said', () => {
    expect(transportBoundsOf({}, 'sales')).toEqual({ timeoutMs: 20_000, guard: { breaker: {} } })
    expect(transportBoundsOf({ deadlineMs: 1_000 }, 'sales')).toEqual({ timeoutMs: 667, guard: { breaker: {} } })
  })

  it('are a subgraph\'s own before those for all', () => {
    const traffic = {
      timeoutMs: 3_000, hungAfterMs: 1_200, maxConcurrent: 9, maxWaiting: 0, retries: 0, retryPercent: 25, maxConnections: 4, pipelining: 8, maxRequestBytes: 5_000, maxResponseBytes: 6_000,
      breaker: { failures: 3, restMs: 40 },
      subgraphs: { sales: { timeoutMs: 500, coalesce: true, breaker: { restMs: 20, maxRestMs: 30 } } },
    }
    const all = { timeoutMs: 3_000, watch: { tickMs: 200 }, maxConnections: 4, pipelining: 8, maxRequestBytes: 5_000, maxResponseBytes: 6_000, guard: { maxConcurrent: 9, maxWaiting: 0, retries: 0, retryShare: 0.25, breaker: { failures: 3, restMs: 40 } } }
    expect(transportBoundsOf({ traffic }, 'billing')).toEqual(all)
    expect(transportBoundsOf({ traffic }, 'sales')).toEqual({ ...all, timeoutMs: 500, coalesce: true, guard: { ...all.guard, breaker: { failures: 3, restMs: 20, maxRestMs: 30 } } })
    expect(transportBoundsOf({ traffic }, 'constructor')).toEqual(all)
  })
})
