export { ageSec, cacheHeaders, readCacheControl, type CacheUse } from './cache-use.ts'
export { openVisit, type CacheVisit } from './cache-visit.ts'
export { KeptOutcome } from './kept-outcome.ts'
export { ResponseCache, type KeptAnswer, type ResponseCacheOptions } from './response-cache.ts'
