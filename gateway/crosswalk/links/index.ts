export { LmdbLinkStore } from './lmdb-link-store.ts'
export { compileView, type CompiledView, type Selection } from './link-segment.ts'
export type { LinkSide, LinkStore } from './link-store.ts'
export { APPROVED, countsIn, latestStatements, rulesOut, type LinkView } from './link-view.ts'
