import { GatewayError } from '@polyseme/kit/errors'
import { print } from 'graphql'
import { setTimeout as delay } from 'node:timers/promises'
import type { AuthorizedOperation } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { BoundedCache } from './bounded-cache.ts'
import { compileProgram } from './compile/compile-program.ts'
import { PlanKeys } from './compile/plan-keys.ts'
import { prepareDocument } from './compile/prepare-document.ts'
import { TypeIndex } from './compile/type-index.ts'
import type { CompiledPlan } from './compiled-plan.ts'
import { createInlineEngine } from './engine/inline-engine.ts'
import { createIsolatedEngine } from './engine/isolated-engine.ts'
import type { PlanEngine, PlannerName } from './engine/plan-engine.ts'
import { introspectionOf } from './introspection-document.ts'
import { shapeOfOperation } from './operation-shape.ts'

export interface PlannerOptions {
  /** Plans kept, least recently used forgotten first; 1 to 100,000, default 1,000; one holds some 20 to 200 KB. */
  readonly maxPlans?: number
  /** Planner library. Default `apollo`, which is right on more cases; the README has the count. */
  readonly planner?: PlannerName
  /** Where planning runs: `isolated` (default) never holds up the caller; `inline` is for tests and tools. */
  readonly isolation?: 'isolated' | 'inline'
  /** Time for one plan; 1 to 60,000 ms, default 5,000. Isolated planners only. */
  readonly planTimeoutMs?: number
  /** Time for building the planner; default 120,000 ms. Isolated planners only. */
  readonly startTimeoutMs?: number
  /** Memory of the planner; default 2,048 MiB. Isolated planners only. */
  readonly maxMemoryMb?: number
  /** An engine that runs already, for this supergraph; it is closed with the planner. Then the options above but `maxPlans` say nothing. */
  readonly engine?: PlanEngine
}

/** Plans authorized operations on one supergraph; a new supergraph gets a new planner. */
export interface Planner {
  readonly supergraph: Supergraph
  /**
   * The plan of an operation, from the cache if it is there. Operations with equal `planKey` that arrive together
   * are planned once. An operation whose planning failed is refused for a while without trying again.
   *
   * @throws DEADLINE_EXCEEDED when the signal aborts first (the plan is still made and cached),
   * OPERATION_LIMIT_EXCEEDED when planning takes too long
   */
  plan(authorized: AuthorizedOperation, signal?: AbortSignal): Promise<CompiledPlan>
  /** When it is built; a graph that is served before has every request wait for it. @throws INTERNAL it cannot be built */
  ready(): Promise<void>
  /**
   * Plans what another planner planned most often, before this one serves: call it with the planner of the graph that is
   * about to be replaced. What this graph no longer has is left out. Resolves to the number of plans made so far, after
   `maxMs` (default 5,000) at the latest; the rest is made meanwhile.
   */
  warmFrom(previous: Planner, count: number, maxMs?: number): Promise<number>
  /** The operations that were asked for most often, whose answers do not depend on who asks. */
  mostUsed(count: number): readonly AuthorizedOperation[]
  /** How many plans the cache holds and how many were made. */
  readonly statistics: { readonly cached: number; readonly planned: number }
  close(): Promise<void>
}

export function createPlanner(supergraph: Supergraph, options: PlannerOptions = {}): Planner {
  return new CachingPlanner(supergraph, options)
}

const REFUSED_FOR_MS = 60_000

interface CachedPlan {
  readonly plan: CompiledPlan
  readonly authorized: AuthorizedOperation
  uses: number
}

class CachingPlanner implements Planner {
  readonly supergraph: Supergraph
  readonly #engine: PlanEngine
  readonly #cache: BoundedCache<CachedPlan>
  readonly #refused = new BoundedCache<{ readonly error: GatewayError; readonly until: number }>(1_000)
  readonly #pending = new Map<string, Promise<CompiledPlan>>()
  #types: TypeIndex | undefined
  #planned = 0

  constructor(supergraph: Supergraph, options: PlannerOptions) {
    this.supergraph = supergraph
    this.#cache = new BoundedCache(options.maxPlans ?? 1_000)
    this.#engine = options.engine ?? (options.isolation === 'inline' ? createInlineEngine(options.planner ?? 'apollo', supergraph.sdl) : createIsolatedEngine(supergraph.sdl, options))
  }

  get statistics(): { readonly cached: number; readonly planned: number } {
    return { cached: this.#cache.size, planned: this.#planned }
  }

  async plan(authorized: AuthorizedOperation, signal?: AbortSignal): Promise<CompiledPlan> {
    const { planKey } = authorized
    const cached = this.#cache.get(planKey)
    if (cached !== undefined) {
      cached.uses++
      return cached.plan
    }
    const refused = this.#refused.get(planKey)
    if (refused !== undefined && refused.until > performance.now()) throw refused.error
    let pending = this.#pending.get(planKey)
    if (pending === undefined) {
      pending = this.#make(authorized).finally(() => this.#pending.delete(planKey))
      // Those who wait see a failure; when all have left, nobody does.
      pending.catch(() => {})
      this.#pending.set(planKey, pending)
    }
    return signal === undefined ? pending : abortable(pending, signal)
  }

  async ready(): Promise<void> {
    this.#types ??= new TypeIndex(await this.#engine.types())
  }

  mostUsed(count: number): readonly AuthorizedOperation[] {
    const whole = [...this.#cache.values()].filter(({ authorized }) => authorized.shape === undefined)
    return whole.sort((left, right) => right.uses - left.uses).slice(0, count).map(({ authorized }) => authorized)
  }

  async warmFrom(previous: Planner, count: number, maxMs = 5_000): Promise<number> {
    let made = 0
    const all = Promise.allSettled(previous.mostUsed(count).map(async (authorized) => {
      await this.plan(authorized)
      made++
    }))
    const patience = new AbortController()
    await Promise.race([all, delay(maxMs, undefined, { signal: patience.signal, ref: false }).catch(() => {})])
    patience.abort()
    return made
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#engine.close()
  }

  async #make(authorized: AuthorizedOperation): Promise<CompiledPlan> {
    this.#planned++
    try {
      const plan = await this.#compile(authorized)
      this.#cache.set(authorized.planKey, { plan, authorized, uses: 1 })
      return plan
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'OPERATION_LIMIT_EXCEEDED') {
        this.#refused.set(authorized.planKey, { error, until: performance.now() + REFUSED_FOR_MS })
      }
      throw error
    }
  }

  async #compile({ planKey, document, operation, original, shape }: AuthorizedOperation): Promise<CompiledPlan> {
    const { apiSchema } = this.supergraph
    this.#types ??= new TypeIndex(await this.#engine.types())
    const root = apiSchema.getRootType(original.operation.operation)
    if (root === undefined || root === null) throw new TypeError('an operation of a kind that the schema does not have')
    const keys = new PlanKeys(apiSchema, document, this.#types.facts)
    const node = operation === undefined
      ? undefined
      : await this.#engine.plan({ text: print(prepareDocument(apiSchema, document, keys)), operationName: operation.name?.value })
    const answered = shape ?? (operation === undefined ? [] : shapeOfOperation(apiSchema, document, operation))
    return {
      planKey,
      supergraph: this.supergraph,
      node,
      program: compileProgram({ schema: apiSchema, types: this.#types, keys, root, shape: answered, node }),
      introspection: operation === undefined ? undefined : introspectionOf(document, operation),
    }
  }
}

/** Waits for the promise no longer than the signal allows. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(new GatewayError('DEADLINE_EXCEEDED', 'planning was cancelled'))
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new GatewayError('DEADLINE_EXCEEDED', 'planning was cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
