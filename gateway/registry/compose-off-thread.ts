import { assertNever, GatewayError, invalid, type Result } from '@polyseme/kit/errors'
import { BackgroundError, runInBackground, type BackgroundBounds, type ComposedBase, type ComposeOptions, type SubgraphDefinition } from '../supergraph/index.ts'
import type { GraphChange } from './changes/index.ts'

/** Bounds of one composition; what exceeds them is refused and costs the gateway nothing more (R05). */
export type ComposeBounds = BackgroundBounds

/** The composer's recursion, and its stack with it, grow with the graph. Its process gets a tenth of a busy machine: hence the time. */
export const DEFAULT_COMPOSE_BOUNDS: ComposeBounds = { timeoutMs: 120_000, maxHeapMb: 4_096, stackMb: 200 }

export interface ComposedSdl {
  readonly id: string
  readonly sdl: string
  /** Against the graph of `compareWith`; empty without one. */
  readonly changes: readonly GraphChange[]
}

/** What the worker is told and what it answers; nothing else crosses the threads. */
export interface ComposeTask {
  readonly subgraphs: readonly SubgraphDefinition[]
  readonly options: ComposeOptions
  /** What the subgraphs were composed to before; they are not composed again, only compared. */
  readonly sdl?: string
  /** A graph that this process composed before: only what differs from it is composed again. Without meaning beside `sdl`. */
  readonly base?: ComposedBase
  /** The graph that is live today. */
  readonly compareWith?: { readonly sdl: string; readonly subgraphs: readonly SubgraphDefinition[] }
}

/**
 * Composes in a process of its own that gives way to whatever serves, so that no client waits for it and a hostile SDL can only end
 * that process.
 *
 * @throws GatewayError COMPOSITION_FAILED when it takes too long, DEADLINE_EXCEEDED when the signal ends it
 */
export async function composeOffThread(task: ComposeTask, options: { readonly bounds?: Partial<ComposeBounds>; readonly signal?: AbortSignal } = {}): Promise<Result<ComposedSdl>> {
  const bounds = { ...DEFAULT_COMPOSE_BOUNDS, ...options.bounds }
  let result: Result<ComposedSdl> | undefined
  try {
    await runInBackground(new URL('./compose-worker.ts', import.meta.url), task, { bounds, signal: options.signal, onPart: (part) => { result = part as Result<ComposedSdl> } })
  } catch (error) {
    if (!(error instanceof BackgroundError)) throw error
    return outOfBounds(error, bounds)
  }
  if (result === undefined) throw new GatewayError('COMPOSITION_FAILED', 'composition ended without a result')
  return result
}

function outOfBounds(error: BackgroundError, bounds: ComposeBounds): Result<ComposedSdl> {
  switch (error.reason) {
    case 'aborted': throw new GatewayError('DEADLINE_EXCEEDED', 'composition was given up')
    case 'timeout': throw new GatewayError('COMPOSITION_FAILED', `composition took longer than ${bounds.timeoutMs} ms and was ended`)
    case 'memory': return refused(`the graph needs more than ${bounds.maxHeapMb} MiB to compose`)
    case 'stack': return refused(`the graph is nested too deep to compose in a stack of ${bounds.stackMb} MiB`)
    case 'failed': return refused('composition failed for an internal reason')
    default: return assertNever(error.reason)
  }
}

function refused(what: string): Result<ComposedSdl> {
  return invalid([{ rule: 'composition-bounds', severity: 'error', what, how: 'publish a smaller subgraph: fewer types, or less nesting between them' }])
}
