import type { LinkStatement, MappingStatus } from '@polyseme/kit/lexicon'

/** Which links count for a question. */
export interface LinkView {
  /** Links valid at this moment (milliseconds since 1970). */
  readonly asOfMs: number
  /** As believed at this moment. */
  readonly knownAtMs: number
  readonly minConfidence: number
  readonly statuses: ReadonlySet<MappingStatus>
}

export const APPROVED: ReadonlySet<MappingStatus> = new Set(['approved'])

/**
 * Of each pair of records the statement recorded last before `knownAtMs`; of statements of one moment the later in the
 * list. These are what was believed then, wanted or not.
 */
export function latestStatements(statements: readonly LinkStatement[], knownAtMs: number): readonly LinkStatement[] {
  if (statements.length === 1) {
    const [only] = statements
    return only !== undefined && only.recordedAtMs <= knownAtMs ? statements : []
  }
  const latest = new Map<string, LinkStatement>()
  for (const statement of statements) {
    if (statement.recordedAtMs > knownAtMs) continue
    // Keys never hold a tab, so the pair is unambiguous.
    const pair = `${statement.from}\t${statement.to ?? ''}`
    const known = latest.get(pair)
    if (known === undefined || known.recordedAtMs <= statement.recordedAtMs) latest.set(pair, statement)
  }
  return [...latest.values()]
}

/** Whether a statement has a wanted status, is valid at the moment in question and confident enough. */
export function countsIn(statement: LinkStatement, view: LinkView): boolean {
  return view.statuses.has(statement.status) && statement.confidence >= view.minConfidence && isValidAt(statement, view.asOfMs)
}

/** Whether a statement rules its pair out, whatever links the caller asked for. */
export function rulesOut(statement: LinkStatement, view: LinkView): boolean {
  return statement.negative && statement.status === 'approved' && isValidAt(statement, view.asOfMs)
}

function isValidAt(statement: LinkStatement, ms: number): boolean {
  return statement.validFromMs <= ms && ms < statement.validToMs
}
