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
}

/** Notices as somebody may read them: the own ones whole, those of a client that others use too without what the reader may not know of. */
export function noticesShownTo(notices: readonly ConsumerNotice[], { actor, mayKnow }: NoticeReader): readonly ConsumerNotice[] {
  return notices.flatMap((notice) => {
    if (notice.consumer === actor) return [notice]
    const known = <Part extends { readonly coordinate: string }>(parts: readonly Part[]): readonly Part[] => parts.filter(({ coordinate }) => mayKnow(coordinate))
    const operations = notice.operations
      .map((operation) => ({ ...operation, breaksOn: known(operation.breaksOn), goingAway: known(operation.goingAway) }))
      .filter(({ breaksOn, goingAway }) => breaksOn.length + goingAway.length > 0)
    return operations.length === 0 ? [] : [{ ...notice, operations }]
  })
}
