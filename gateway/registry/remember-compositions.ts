import type { Result } from '@polyseme/kit/errors'
import { createHash } from 'node:crypto'
import type { ComposedBase, SubgraphDefinition } from '../supergraph/index.ts'
import type { ComposedSdl, ComposeTask } from './compose-off-thread.ts'

export type ComposeGraph = (task: ComposeTask) => Promise<Result<ComposedSdl>>

interface Remembered {
  readonly composed: Extract<Result<ComposedSdl>, { kind: 'ok' }>
  readonly subgraphs: readonly SubgraphDefinition[]
}

/**
 * Composes the same subgraphs once: a check composes what the publish after it stores, and composing is nearly all of what either takes.
 * Keeps the last `most` graphs that composed; what is to be compared with another graph is composed anew, on top of the one of
 * them that differs least, so that only what changed is merged again.
 *
 * Only what was composed here is such a base: of a stored graph nobody says by which composer, with which subgraphs of the gateway's
 * own, it was made. So the first graph after a start is composed whole.
 */
export function rememberCompositions(compose: ComposeGraph, most = 2): ComposeGraph {
  const known = new Map<string, Remembered>()
  return async (task) => {
    const key = keyOf(task)
    const remembered = known.get(key)
    if (task.compareWith === undefined && remembered !== undefined) return remembered.composed
    // What was stored already is only read, not composed, and so is nothing to compose on.
    if (task.sdl !== undefined) return await compose(task)
    const base = nearest([...known.values()], task.subgraphs)
    const composed = await compose(base === undefined ? task : { ...task, base })
    if (composed.kind === 'invalid') return composed
    known.delete(key)
    known.set(key, { composed: { ...composed, value: { ...composed.value, changes: [] } }, subgraphs: task.subgraphs })
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest)
    return composed
  }
}

/** The graph that has the most subgraphs as they are now. */
function nearest(known: readonly Remembered[], subgraphs: readonly SubgraphDefinition[]): ComposedBase | undefined {
  const now = new Map(subgraphs.map((definition) => [definition.name, definition]))
  const kept = (one: Remembered): number => one.subgraphs.filter(({ name, url, sdl }) => now.get(name)?.url === url && now.get(name)?.sdl === sdl).length
  const [best] = known.toSorted((a, b) => kept(b) - kept(a))
  return best === undefined ? undefined : { sdl: best.composed.value.sdl, subgraphs: best.subgraphs }
}

/** The order of subgraphs makes no difference to the composed graph. */
function keyOf({ subgraphs, options }: ComposeTask): string {
  const content = subgraphs.map(({ name, url, sdl }) => [name, url, sdl]).sort(([a = ''], [b = '']) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify([content, options])).digest('hex')
}
