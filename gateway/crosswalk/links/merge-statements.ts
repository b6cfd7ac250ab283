import type { IncomingStatement, LinkStatement } from '@polyseme/kit/lexicon'

/** All that is known about one pair of records. */
export type PairHistory = readonly LinkStatement[]

/**
 * What has to be added to a pair's history when its source now says `incoming`; nothing is ever taken away.
 *
 * - What is known already adds nothing.
 * - A statement without a moment of recording counts from now on, if it differs from the last.
 * - A statement that was rewritten under an old moment also counts from now on: until now we believed the other.
 */
export function additionsToPair(history: PairHistory, incoming: readonly IncomingStatement[], nowMs: number): readonly LinkStatement[] {
  const additions: LinkStatement[] = []
  for (const statement of incoming) {
    const known = [...history, ...additions]
    const { recordedAtMs } = statement
    if (recordedAtMs === undefined) {
      const last = latestOf(known)
      if (last === undefined || !saysTheSame(last, statement)) additions.push({ ...statement, recordedAtMs: nowMs })
      continue
    }
    const sameMoment = known.filter((other) => other.recordedAtMs === recordedAtMs)
    if (sameMoment.some((other) => saysTheSame(other, statement))) continue
    const later = known.some((other) => other.recordedAtMs === nowMs && saysTheSame(other, statement))
    if (!later)
      additions.push({
        ...statement,
        recordedAtMs: sameMoment.length > 0 && history.length > 0 ? Math.max(nowMs, recordedAtMs) : recordedAtMs,
      })
  }
  return additions
}

/** What has to be added when the source says nothing of a pair any more: it is superseded from now on. */
export function withdrawalOf(history: PairHistory, nowMs: number): LinkStatement | undefined {
  const last = latestOf(history)
  return last === undefined || last.status === 'superseded' || last.status === 'rejected'
    ? undefined
    : { ...last, status: 'superseded', recordedAtMs: nowMs }
}

function latestOf(history: PairHistory): LinkStatement | undefined {
  let latest: LinkStatement | undefined
  for (const statement of history) if (latest === undefined || statement.recordedAtMs >= latest.recordedAtMs) latest = statement
  return latest
}

function saysTheSame(one: Omit<LinkStatement, 'recordedAtMs'>, other: Omit<LinkStatement, 'recordedAtMs'>): boolean {
  return (
    one.predicate === other.predicate &&
    one.negative === other.negative &&
    one.confidence === other.confidence &&
    one.status === other.status &&
    one.validFromMs === other.validFromMs &&
    one.validToMs === other.validToMs &&
    one.provenance.justification === other.provenance.justification &&
    one.provenance.source === other.provenance.source &&
    one.provenance.author === other.provenance.author &&
    one.provenance.reviewer === other.provenance.reviewer &&
    one.provenance.comment === other.provenance.comment
  )
}
