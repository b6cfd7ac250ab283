import type { IncomingHttpHeaders } from 'node:http'
import type { KeptAnswer, ResponseCache } from './response-cache.ts'

/** How one request uses the cache. */
export interface CacheUse {
  readonly cache: ResponseCache
  /** Age up to which a kept answer will do, seconds; below 0: none will. */
  readonly maxAgeSec: number
  /** Whether the answer may be kept. */
  readonly keeps: boolean
  /** Told of the answer that was found or kept. */
  readonly onKept: (answer: KeptAnswer, how: 'found' | 'kept') => void
}

/** What a request's `Cache-Control` allows: `no-cache`, `no-store` and `max-age` (RFC 9111, section 5.2.1). */
export function readCacheControl({ 'cache-control': text = '' }: IncomingHttpHeaders): Pick<CacheUse, 'maxAgeSec' | 'keeps'> {
  const directives = new Set(text.toLowerCase().split(',').map((directive) => directive.trim()))
  const keeps = !directives.has('no-store')
  if (!keeps || directives.has('no-cache')) return { keeps, maxAgeSec: -1 }
  const maxAge = [...directives].find((directive) => /^max-age=\d{1,9}$/.test(directive))
  return { keeps, maxAgeSec: maxAge === undefined ? Infinity : Number(maxAge.slice('max-age='.length)) }
}

/** For the client of a kept answer: it may keep it too, for itself, as long as the gateway does. */
export function cacheHeaders({ asOfMs, seconds }: KeptAnswer, nowMs: number): Readonly<Record<string, string>> {
  return { age: String(ageSec(asOfMs, nowMs)), 'cache-control': `private, max-age=${seconds}`, vary: 'authorization, x-purpose, x-polyseme-canary, accept' }
}

export function ageSec(asOfMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - asOfMs) / 1_000))
}
