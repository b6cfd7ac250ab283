import type { Diagnostic } from '@polyseme/kit/errors'
import { isFromMany, isToMany, type Mapping } from '@polyseme/kit/lexicon'
import { setImmediate } from 'node:timers/promises'
import { findCluster } from './identity.ts'
import { linkId, type LinkReader } from './link-reader.ts'
import { compileView, type LinkSide, type LinkStore, type LinkView, type Selection } from './links/index.ts'

/** Records looked at before other work gets its turn. */
const RECORDS_PER_TURN = 20_000

/** Negative statements whose records are looked at. */
const MAX_NEGATIVES = 1_000

/** Records that have several counterparts where the mapping's cardinality allows one. Counts only: keys are data. */
export async function checkCardinality(mapping: Mapping, store: LinkStore, view: LinkView): Promise<readonly Diagnostic[]> {
  const sides: readonly (readonly [LinkSide, boolean])[] = [
    ['from', isToMany(mapping.cardinality)],
    ['to', isFromMany(mapping.cardinality)],
  ]
  const findings: Diagnostic[] = []
  for (const [side, mayBeMany] of sides) {
    if (mayBeMany) continue
    const { records, ambiguous } = await countAmbiguous(mapping.id, side, store, view)
    if (ambiguous === 0) continue
    findings.push({
      rule: 'links-cardinality',
      severity: 'warning',
      what: `mapping \`${mapping.id}\` is declared ${mapping.cardinality}, and ${ambiguous} of ${records} records of ${mapping[side]} have several counterparts`,
      expected: 'links that keep the declared cardinality, or another cardinality',
      why: 'Each of these records answers MAPPING_AMBIGUOUS.',
      position: mapping.position,
    })
  }
  return findings
}

async function countAmbiguous(
  mappingId: string,
  side: LinkSide,
  store: LinkStore,
  view: LinkView,
): Promise<{ readonly records: number; readonly ambiguous: number }> {
  const compiled = compileView(view)
  let records = 0
  let ambiguous = 0
  for (const key of store.keys(mappingId, side)) {
    const selection: Selection = { found: [], ruledOut: [] }
    store.select(mappingId, side, key, compiled, selection)
    const counterparts = new Set(selection.found.filter((other) => !selection.ruledOut.includes(other)))
    records += 1
    if (counterparts.size > 1) ambiguous += 1
    if (records % RECORDS_PER_TURN === 0) await setImmediate()
  }
  return { records, ambiguous }
}

/** Negative statements between records that links would make one, with the mappings on the way from one to the other. */
export async function checkIdentity(reader: LinkReader, view: LinkView): Promise<readonly Diagnostic[]> {
  const paths = new Map<string, string>()
  for (const member of reader.keptApart(view).slice(0, MAX_NEGATIVES)) {
    const { conflicts } = await findCluster(member, { view, reader, visible: (members) => members.map(() => true), isReadable: () => true })
    for (const { negative, path } of conflicts)
      paths.set(
        linkId(negative),
        `\`${negative.route.mapping.id}\` against ${path.map(({ route }) => `\`${route.mapping.id}\``).join(', ')}`,
      )
  }
  return [...Map.groupBy(paths.values(), (path) => path)].map(([path, all]): Diagnostic => ({
    rule: 'links-identity-conflict',
    severity: 'warning',
    what: `${all.length} pairs of records are known not to be one and would be joined by links: ${path}`,
    expected: 'either the links or the negative statement',
    why: 'The weakest link on the way does not count until this is settled.',
    how: 'Ask `{ identityConflicts { negative { from { sense key } to { sense key } } path { mapping from { key } to { key } } } }` as a steward.',
  }))
}
