import { GatewayError } from '@polyseme/kit/errors'
import { print } from 'graphql'
import type { AuthorizedOperation } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { createApolloEngine } from './apollo-engine.ts'
import { BoundedCache } from './bounded-cache.ts'
import { compileProgram } from './compile/compile-program.ts'
import { TypeIndex } from './compile/type-index.ts'
import type { CompiledPlan } from './compiled-plan.ts'
import { introspectionOf } from './introspection-document.ts'
import { shapeOfOperation } from './operation-shape.ts'
import type { PlanEngine } from './plan-engine.ts'
import { prepareDocument } from './prepare-document.ts'

export interface PlannerOptions {
  /** Plans kept, least recently used forgotten first; 1 to 100,000, default 2,000. */
  readonly maxPlans?: number
}

/** Plans authorized operations on one supergraph; a new supergraph gets a new planner. */
export interface Planner {
  readonly supergraph: Supergraph
  /**
   * The plan of an operation, from the cache if it is there. Operations with equal `planKey` that arrive together
   * are planned once.
   *
   * @throws DEADLINE_EXCEEDED when the signal aborts first; the plan is still made and cached.
   */
  plan(authorized: AuthorizedOperation, signal?: AbortSignal): Promise<CompiledPlan>
  /** How many plans the cache holds and how many were made. */
  readonly statistics: { readonly cached: number; readonly planned: number }
  close(): Promise<void>
}

export function createPlanner(supergraph: Supergraph, options: PlannerOptions = {}): Planner {
  return new CachingPlanner(supergraph, options)
}

class CachingPlanner implements Planner {
  readonly supergraph: Supergraph
  readonly #cache: BoundedCache<CompiledPlan>
  readonly #pending = new Map<string, Promise<CompiledPlan>>()
  #engine: PlanEngine | undefined
  #types: TypeIndex | undefined
  #planned = 0

  constructor(supergraph: Supergraph, options: PlannerOptions) {
    this.supergraph = supergraph
    this.#cache = new BoundedCache(options.maxPlans ?? 2_000)
  }

  get statistics(): { readonly cached: number; readonly planned: number } {
    return { cached: this.#cache.size, planned: this.#planned }
  }

  async plan(authorized: AuthorizedOperation, signal?: AbortSignal): Promise<CompiledPlan> {
    const { planKey } = authorized
    const cached = this.#cache.get(planKey)
    if (cached !== undefined) return cached
    let pending = this.#pending.get(planKey)
    if (pending === undefined) {
      pending = this.#make(authorized).finally(() => this.#pending.delete(planKey))
      this.#pending.set(planKey, pending)
    }
    return signal === undefined ? pending : abortable(pending, signal)
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#engine?.close()
    this.#engine = undefined
  }

  async #make(authorized: AuthorizedOperation): Promise<CompiledPlan> {
    const { planKey, operation, document } = authorized
    this.#planned++
    this.#engine ??= createApolloEngine(this.supergraph.sdl)
    const node = operation === undefined
      ? undefined
      : await this.#engine.plan({ text: print(prepareDocument(document)), operationName: operation.name?.value })
    const { apiSchema, sdl } = this.supergraph
    const root = apiSchema.getRootType(authorized.original.operation.operation)
    if (root === undefined || root === null) throw new TypeError('an operation of a kind that the schema does not have')
    const shape = authorized.shape ?? (operation === undefined ? [] : shapeOfOperation(apiSchema, document, operation))
    this.#types ??= new TypeIndex(sdl)
    const plan: CompiledPlan = {
      planKey,
      supergraph: this.supergraph,
      node,
      program: compileProgram({ schema: apiSchema, types: this.#types, root, shape, node }),
      introspection: operation === undefined ? undefined : introspectionOf(document, operation),
    }
    this.#cache.set(planKey, plan)
    return plan
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
