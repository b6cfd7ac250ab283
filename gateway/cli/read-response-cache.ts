import type { ResponseCacheConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** `responseCache` of the mesh file. */
export function readResponseCache(map: ConfigMap | undefined): ResponseCacheConfig | undefined {
  if (map === undefined) return undefined
  const maxBytes = map.integer('maxBytes', 100_000, 2 ** 36)
  if (maxBytes === undefined && !map.has('maxBytes')) map.missing('maxBytes')
  const maxSeconds = map.integer('maxSeconds', 1, 86_400)
  map.end()
  return { maxBytes: maxBytes ?? 0, ...(maxSeconds === undefined ? {} : { maxSeconds }) }
}
