import { Worker } from 'node:worker_threads'
import { GatewayError, invalid, type Result } from '@polyseme/kit/errors'
import type { ComposeOptions, SubgraphDefinition } from '../supergraph/index.ts'
import type { GraphChange } from './changes/index.ts'

/** Bounds of one composition; what exceeds them is refused and costs the gateway nothing more (R05). */
export interface ComposeBounds {
  /** Wall time, milliseconds; default 60,000. */
  readonly timeoutMs: number
  /** Heap of the worker, MiB; default 4,096. */
  readonly maxHeapMb: number
  /** Stack of the worker, MiB; default 200: both the composer's recursion and its stack grow with the graph. */
  readonly stackMb: number
}

export const DEFAULT_COMPOSE_BOUNDS: ComposeBounds = { timeoutMs: 60_000, maxHeapMb: 4_096, stackMb: 200 }

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
  /** The graph that is live today. */
  readonly compareWith?: { readonly sdl: string; readonly subgraphs: readonly SubgraphDefinition[] }
}

/**
 * Composes in a thread of its own, so that the serving thread never waits and a hostile SDL can only kill that thread.
 *
 * @throws GatewayError COMPOSITION_FAILED when the bounds are exceeded, DEADLINE_EXCEEDED when the signal ends it
 */
export async function composeOffThread(task: ComposeTask, options: { readonly bounds?: Partial<ComposeBounds>; readonly signal?: AbortSignal } = {}): Promise<Result<ComposedSdl>> {
  const bounds = { ...DEFAULT_COMPOSE_BOUNDS, ...options.bounds }
  const worker = new Worker(new URL('./compose-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: bounds.maxHeapMb, stackSizeMb: bounds.stackMb },
    stdout: true,
    stderr: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Result<ComposedSdl>>()
  const timer = setTimeout(() => reject(new GatewayError('COMPOSITION_FAILED', `composition took longer than ${bounds.timeoutMs} ms and was ended`)), bounds.timeoutMs)
  const onAbort = (): void => reject(new GatewayError('DEADLINE_EXCEEDED', 'composition was given up'))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  worker.once('message', resolve)
  worker.once('error', (error) => resolve(outOfBounds(error, bounds)))
  worker.once('exit', () => reject(new GatewayError('COMPOSITION_FAILED', 'composition ended without a result')))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
    await worker.terminate()
  }
}

function outOfBounds(error: unknown, bounds: ComposeBounds): Result<ComposedSdl> {
  const code = (error as { code?: unknown }).code
  const what = code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? `the graph needs more than ${bounds.maxHeapMb} MiB to compose`
    : error instanceof RangeError ? `the graph is nested too deep to compose in a stack of ${bounds.stackMb} MiB` : 'composition failed for an internal reason'
  return invalid([{ rule: 'composition-bounds', severity: 'error', what, how: 'publish a smaller subgraph: fewer types, or less nesting between them' }])
}
