import { createHash } from 'node:crypto'
import type { Result } from '@polyseme/kit/errors'
import type { ComposedSdl, ComposeTask } from './compose-off-thread.ts'

export type ComposeGraph = (task: ComposeTask) => Promise<Result<ComposedSdl>>

/**
 * Composes the same subgraphs once: a check composes what the publish after it stores, and composing is nearly all of what either takes.
 * Keeps the last `most` graphs that composed; what is to be compared with another graph is composed anew.
 */
export function rememberCompositions(compose: ComposeGraph, most = 2): ComposeGraph {
  const known = new Map<string, Extract<Result<ComposedSdl>, { kind: 'ok' }>>()
  return async (task) => {
    const key = keyOf(task)
    const remembered = known.get(key)
    if (task.compareWith === undefined && remembered !== undefined) return remembered
    const composed = await compose(task)
    if (composed.kind === 'invalid') return composed
    known.delete(key)
    known.set(key, { ...composed, value: { ...composed.value, changes: [] } })
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest)
    return composed
  }
}

/** The order of subgraphs makes no difference to the composed graph. */
function keyOf({ subgraphs, options }: ComposeTask): string {
  const content = subgraphs.map(({ name, url, sdl }) => [name, url, sdl]).sort(([a = ''], [b = '']) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify([content, options])).digest('hex')
}
