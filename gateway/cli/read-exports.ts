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
