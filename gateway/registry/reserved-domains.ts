/** Names that the gateway's own parts have, in the graph or beside it. */
const RESERVED: ReadonlySet<string> = new Set(['access', 'crosswalk', 'catalog', 'lexicon', 'gateway', 'registry', 'polyseme'])

/** Whether no domain may have this name. */
export function isReservedDomain(name: string): boolean {
  return RESERVED.has(name)
}
