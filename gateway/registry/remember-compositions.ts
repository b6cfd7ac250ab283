import type { Result } from '@polyseme/kit/errors'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import type { ComposedSdl, ComposeTask } from './compose-off-thread.ts'

export type ComposeGraph = (task: ComposeTask) => Promise<Result<ComposedSdl>>

interface Remembered {
  readonly composed: Extract<Result<ComposedSdl>, { kind: 'ok' }>
  readonly subgraphs: readonly SubgraphDefinition[]
  readonly options: ComposeTask['options']
}

/** By name. */
type Subgraphs = ReadonlyMap<string, SubgraphDefinition>

/**
 * Composes the same subgraphs once: a check composes what the publish after it stores, and composing is nearly all of what either takes.
 * Keeps the last `most` graphs that composed; what is to be compared with another graph is composed anew, on top of the one of
 * them that differs least, so that only what changed is merged again.
 *
 * Only what was composed here is such a base: of a stored graph nobody says by which composer, with which subgraphs of the gateway's
 * own, it was made. So the first graph after a start is composed whole.
 */
export function rememberCompositions(compose: ComposeGraph, most = 2): ComposeGraph {
  /** The newest first. */
  let known: readonly Remembered[] = []
  return async (task) => {
    const now = new Map(task.subgraphs.map((definition) => [definition.name, definition]))
    const same = known.find((one) => isSame(one, now, task))
    if (task.compareWith === undefined && same !== undefined) return same.composed
    // What was stored already is only read, not composed, and so is nothing to compose on.
    if (task.sdl !== undefined) return await compose(task)
    const nearest = nearestTo(now, known)
    const composed = await compose(nearest === undefined ? task : { ...task, base: { sdl: nearest.composed.value.sdl, subgraphs: nearest.subgraphs } })
    if (composed.kind === 'invalid') return composed
    const newest = { composed: { ...composed, value: { ...composed.value, changes: [] } }, subgraphs: task.subgraphs, options: task.options }
    known = [newest, ...known.filter((one) => one !== same)].slice(0, most)
    return composed
  }
}

/** The graph that has the most subgraphs as they are now; of several the newest. */
function nearestTo(now: Subgraphs, known: readonly Remembered[]): Remembered | undefined {
  const counted = known.map((one) => ({ one, kept: keptBy(one, now) }))
  return counted.toSorted((a, b) => b.kept - a.kept)[0]?.one
}

/** The order of subgraphs makes no difference to the composed graph. */
function isSame(one: Remembered, now: Subgraphs, { subgraphs, options }: ComposeTask): boolean {
  return one.subgraphs.length === subgraphs.length && keptBy(one, now) === subgraphs.length && JSON.stringify(one.options) === JSON.stringify(options)
}

function keptBy(one: Remembered, now: Subgraphs): number {
  return one.subgraphs.filter(({ name, url, sdl }) => now.get(name)?.url === url && now.get(name)?.sdl === sdl).length
}
