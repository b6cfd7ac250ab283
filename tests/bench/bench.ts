/** What a bench gets from the command line. */
export interface BenchOptions {
  /** Shorter runs and smaller data: shows that the bench works, not what the product can do. */
  readonly quick: boolean
  /** Words after the bench's name. */
  readonly args: readonly string[]
}

/** One bench: a file of this folder that exports `run`. It prints ratios measured side by side in one run. */
export interface Bench {
  readonly run: (options: BenchOptions) => Promise<void>
}

/** Value below which the given share (0 to 1) of the sorted samples lies. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

/** Throughput and latency of a closed loop: `connections` callers, each sending its next request when the last is answered. */
export interface LoopResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly requests: number
}

export async function closedLoop(options: { connections: number; durationMs: number; call: () => Promise<void> }): Promise<LoopResult> {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + options.durationMs
  await Promise.all(Array.from({ length: options.connections }, async () => {
    while (performance.now() < end) {
      const before = performance.now()
      await options.call()
      latencies.push(performance.now() - before)
    }
  }))
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  return { requestsPerSecond: latencies.length / seconds, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), requests: latencies.length }
}
