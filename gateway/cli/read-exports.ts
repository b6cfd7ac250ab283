import type { GatewayConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** Reads `exports` of `mesh.yaml`. */
export function readExports(map: ConfigMap | undefined): GatewayConfig['exports'] {
  const limits = map?.integers({ maxAtOnce: [1, 10_000], maxPerCaller: [1, 10_000], deadlineMs: [1_000, 86_400_000], pageRows: [1, 100_000] })
  map?.end()
  return limits
}

/** Reads `largeAnswers` of `mesh.yaml`. */
export function readLargeAnswers(map: ConfigMap | undefined): GatewayConfig['largeAnswers'] {
  const limits = map?.integers({
    fromBytes: [65_536, Number.MAX_SAFE_INTEGER], maxBytes: [65_536, Number.MAX_SAFE_INTEGER], maxAroundBytes: [65_536, 2 ** 30], maxHeldBytes: [65_536, Number.MAX_SAFE_INTEGER], deadlineMs: [1_000, 86_400_000], maxAtOnce: [1, 10_000],
  })
  map?.end()
  return limits
}
