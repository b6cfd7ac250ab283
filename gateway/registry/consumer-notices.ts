import type { StepEffects } from './check/index.ts'
import type { OperationUsage } from './changes/index.ts'
import type { ConsumerNotice, Deployment, NoticedOperation } from './records.ts'

/** Operations that one consumer is told of at most, the busiest first. */
const MAX_OPERATIONS = 100

/** What each consumer is told of a step: its operations that break, and those that use what the step marks as going away. */
export function consumerNotices({ affected, deprecatedUses }: Pick<StepEffects, 'affected' | 'deprecatedUses'>, { sequence, channel, kind, subgraph, actor, at, reason }: Deployment): readonly ConsumerNotice[] {
  const operations = new Map<OperationUsage, NoticedOperation>()
  for (const { usage, changes } of affected) {
    operations.set(usage, { operation: usage.name, calls: usage.calls, breaksOn: changes.map(({ coordinate, message }) => ({ coordinate, message })), goingAway: [] })
  }
  for (const use of deprecatedUses) {
    if (!use.isNew) continue
    const known = operations.get(use.usage) ?? { operation: use.usage.name, calls: use.usage.calls, breaksOn: [], goingAway: [] }
    operations.set(use.usage, { ...known, goingAway: [...known.goingAway, { coordinate: use.coordinate, reason: use.reason }] })
  }
  const byConsumer = Map.groupBy(operations, ([usage]) => usage.consumer)
  return [...byConsumer].map(([consumer, all]) => ({
    sequence, consumer, channel, kind, ...(subgraph === undefined ? {} : { subgraph }), actor, at, reason,
    operations: all.map(([, operation]) => operation).sort((a, b) => b.calls - a.calls).slice(0, MAX_OPERATIONS),
  }))
}

/** Who reads notices: by the names under which its use of the graph is counted. */
export interface NoticeReader {
  /** The reader itself; its client may be many people's, of whom each may read something else. */
  readonly actor: string
  /** Whether the reader may know of this part of the graph as it is now. */
  readonly mayKnow: (coordinate: string) => boolean
  /** Whether the graph as it is now has no such part, for anybody. */
  readonly isGone: (coordinate: string) => boolean
  /** What the reader could know of in the graph before a step; of nothing where that cannot be read any more. */
  readonly mayKnowBefore: (sequence: number) => Promise<(coordinate: string) => boolean>
}

/** Steps whose graph before is looked at for what they took away: each is a whole graph to read. */
export const MAX_FORMER_GRAPHS = 3
const UNNAMED = 'an operation without a name'

/**
 * Notices as somebody may read them: the own ones whole, those of a client that others use too without what the reader may not know of,
 * and without the text of operations that have no name.
 *
 * What a step took away no graph shows any more: it is judged by the graph before that step. So for the newest three steps that took
 * away something; what older ones took away only their own consumers are shown.
 */
export async function noticesShownTo(newestFirst: readonly ConsumerNotice[], reader: NoticeReader): Promise<readonly ConsumerNotice[]> {
  const shared = newestFirst.filter(({ consumer }) => consumer !== reader.actor)
  const took = shared.filter(({ operations }) => operations.some(({ breaksOn, goingAway }) => [...breaksOn, ...goingAway].some(({ coordinate }) => reader.isGone(coordinate))))
  const steps = [...new Set(took.map(({ sequence }) => sequence))].slice(0, MAX_FORMER_GRAPHS)
  const before = new Map(await Promise.all(steps.map(async (sequence) => [sequence, await reader.mayKnowBefore(sequence)] as const)))
  return newestFirst.flatMap((notice) => {
    if (notice.consumer === reader.actor) return [notice]
    const shown = shownOf(notice, (coordinate) => reader.isGone(coordinate) ? before.get(notice.sequence)?.(coordinate) === true : reader.mayKnow(coordinate))
    return shown === undefined ? [] : [shown]
  })
}

/** Undefined when nothing of it is known. */
function shownOf(notice: ConsumerNotice, mayKnow: (coordinate: string) => boolean): ConsumerNotice | undefined {
  const known = <Part extends { readonly coordinate: string }>(parts: readonly Part[]): readonly Part[] => parts.filter(({ coordinate }) => mayKnow(coordinate))
  const operations = notice.operations
    .map(({ operation, calls, breaksOn, goingAway }) => ({ operation: /^\w+$/.test(operation) ? operation : UNNAMED, calls, breaksOn: known(breaksOn), goingAway: known(goingAway) }))
    .filter(({ breaksOn, goingAway }) => breaksOn.length + goingAway.length > 0)
  return operations.length === 0 ? undefined : { ...notice, operations }
}
