import type { RegistryStore } from '../registry/index.ts'
import type { Log } from '../serve/index.ts'
import type { MeteredUsage, UsageMeter } from '../usage/index.ts'

export interface ShareUsageOptions {
  /** What this gateway counts. */
  readonly meter: UsageMeter
  /** Undefined while the registry does not answer. */
  readonly store: () => RegistryStore | undefined
  readonly log: Log
  /** Whether this process brings the counts: of a gateway's several processes one does. */
  readonly brings: boolean
  /** How often; default 30,000. */
  readonly everyMs?: number
}

/** Who used what, of all gateways of one registry. */
export interface SharedUsage extends AsyncDisposable {
  /**
   * Since this many days ago, today included; those with the most calls first. This gateway's calls up to now, the others' up to half a
   * minute ago; while the registry does not answer, this gateway's alone.
   */
  readonly read: (days: number) => Promise<readonly MeteredUsage[]>
  /** Brings what was counted since the last time, now. */
  readonly bring: () => Promise<void>
}

/** Written in one go, while nobody can publish: some milliseconds. */
const DAYS_AT_ONCE = 200
const RETENTION_DAYS = 400
const DAY_MS = 86_400_000
/** Processes write their counts at their own pace: what they counted earlier may come later. */
const OVERLAP_MS = 60_000

/** Brings this gateway's counts to the registry again and again, and once more at its end. */
export function shareUsage({ meter, store, log, brings, everyMs = 30_000 }: ShareUsageOptions): SharedUsage {
  let bringing: Promise<void> | undefined
  let droppedOn = ''
  const bringAll = async (): Promise<void> => {
    const usage = store()?.usage
    if (usage === undefined) return
    const last = await usage.lastSeen(meter.id)
    const since = last === undefined ? '' : new Date(Date.parse(last) - OVERLAP_MS).toISOString()
    for (let days = meter.readDays(since, DAYS_AT_ONCE); days.length > 0; days = meter.readDays(since, DAYS_AT_ONCE, days.at(-1))) await usage.put(meter.id, days)
    const today = dayAgo(0)
    if (droppedOn === today) return
    await usage.drop(dayAgo(RETENTION_DAYS))
    droppedOn = today
  }
  const bring = async (): Promise<void> => {
    bringing ??= bringAll()
      .catch((error: unknown) => log.warn('the counts of use could not be brought to the registry; they are kept and brought later', { reason: error instanceof Error ? error.message : 'unknown' }))
      .finally(() => { bringing = undefined })
    await bringing
  }
  const timer = brings ? setInterval(() => void bring(), everyMs).unref() : undefined
  return {
    bring,
    read: async (days) => {
      const own = meter.readUsage(days)
      const usage = store()?.usage
      return usage === undefined ? own : joined([...own, ...await usage.readOthers(meter.id, dayAgo(days - 1))])
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      if (brings) await bring()
    },
  }
}

function dayAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)
}

/** One for each consumer and operation, whichever gateway it called. */
function joined(all: readonly MeteredUsage[]): readonly MeteredUsage[] {
  const groups = Map.groupBy(all, ({ consumer, hash }) => JSON.stringify([consumer, hash]))
  return [...groups.values()].map((group) => group.reduce(join)).sort((left, right) => right.calls - left.calls)
}

function join(left: MeteredUsage, right: MeteredUsage): MeteredUsage {
  return {
    ...left,
    coordinates: left.coordinates.union(right.coordinates),
    calls: left.calls + right.calls,
    failures: left.failures + right.failures,
    rows: left.rows + right.rows,
    durationMs: left.durationMs + right.durationMs,
    lastSeenAt: left.lastSeenAt > right.lastSeenAt ? left.lastSeenAt : right.lastSeenAt,
  }
}
