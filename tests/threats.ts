/** Ids of the attacks and faults that the system must survive; a test that shows one bears its id in its name. */
const THREAT_RANGES: Readonly<Record<string, { readonly title: string; readonly ids: string }>> = {
  J: { title: 'tokens', ids: '1-14 16-17 19-27' },
  G: { title: 'GraphQL', ids: '1-6 8 10-16 18-29 31-40 43-44' },
  F: { title: 'federation', ids: '1-2 4-9 11-22 24 26 28' },
  E: { title: 'entity mapping', ids: '1-6 8-12' },
  M: { title: 'masks and row filters', ids: '1-9 11-13 15' },
  R: { title: 'registry', ids: '1-9 11-12' },
  X: { title: 'exports', ids: '1-4' },
  T: { title: 'faults', ids: '1-2 4-12 14-17 20-23 25 29-31 39-41 44' },
}

function expand(group: string, ranges: string): string[] {
  return ranges.split(' ').flatMap((range) => {
    const [first, last] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: (last ?? first) - first + 1 }, (_, index) => `${group}${String(first + index).padStart(2, '0')}`)
  })
}

/** One line a group: how many of its ids are borne by a test that passed, and which are not. */
export function threatCoverage(passedTestNames: readonly string[]): string[] {
  const borne = new Set(passedTestNames.flatMap((name) => name.match(/\b[JGFEMRXT]\d{2}\b/g) ?? []))
  return Object.entries(THREAT_RANGES).map(([group, { title, ids }]) => {
    const all = expand(group, ids)
    const missing = all.filter((id) => !borne.has(id))
    const covered = `threats ${group} (${title}): ${all.length - missing.length} of ${all.length} covered`
    return missing.length === 0 ? covered : `${covered}; not yet: ${missing.join(' ')}`
  })
}
