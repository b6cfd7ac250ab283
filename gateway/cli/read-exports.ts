import type { GatewayConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** Reads `exports` of `mesh.yaml`. */
export function readExports(map: ConfigMap | undefined): GatewayConfig['exports'] {
  if (map === undefined) return undefined
  const maxAtOnce = map.integer('maxAtOnce', 1, 10_000)
  const maxPerCaller = map.integer('maxPerCaller', 1, 10_000)
  const deadlineMs = map.integer('deadlineMs', 1_000, 86_400_000)
  const pageRows = map.integer('pageRows', 1, 100_000)
  map.end()
  return {
    ...(maxAtOnce === undefined ? {} : { maxAtOnce }),
    ...(maxPerCaller === undefined ? {} : { maxPerCaller }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(pageRows === undefined ? {} : { pageRows }),
  }
}

/** Reads `largeAnswers` of `mesh.yaml`. */
export function readLargeAnswers(map: ConfigMap | undefined): GatewayConfig['largeAnswers'] {
  if (map === undefined) return undefined
  const fromBytes = map.integer('fromBytes', 65_536, Number.MAX_SAFE_INTEGER)
  const maxBytes = map.integer('maxBytes', 65_536, Number.MAX_SAFE_INTEGER)
  const deadlineMs = map.integer('deadlineMs', 1_000, 86_400_000)
  const maxAtOnce = map.integer('maxAtOnce', 1, 10_000)
  map.end()
  return {
    ...(fromBytes === undefined ? {} : { fromBytes }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(maxAtOnce === undefined ? {} : { maxAtOnce }),
  }
}
