import { GatewayError } from '@polyseme/kit/errors'
import { hash } from 'node:crypto'
import { BoundedCache, createIsolatedEngine, type PlanEngine, type PlanNode, type PlanRequest, type TypeFacts } from '../plan/index.ts'

/** Plans of one supergraph that are kept for the other workers. */
const MAX_PLANS = 1_000

/** As long as a worker itself refuses an operation that took too long. */
const REFUSED_FOR_MS = 60_000

interface SharedPlanner {
  readonly engine: PlanEngine
  readonly plans: BoundedCache<Promise<PlanNode | undefined>>
  /** Who holds it, and how often. */
  readonly holders: Map<object, number>
}

/** One planner for each supergraph that any worker serves; what one worker had planned is there for the next one. */
export class SharedPlanners {
  readonly #planners = new Map<string, SharedPlanner>()
  readonly #createEngine: (supergraphSdl: string) => PlanEngine

  constructor(createEngine: (supergraphSdl: string) => PlanEngine = createIsolatedEngine) {
    this.#createEngine = createEngine
  }

  /** The planner's id and its types, once it is built. @throws INTERNAL it cannot be built */
  async open(holder: object, supergraphSdl: string): Promise<{ readonly id: string; readonly types: TypeFacts }> {
    const id = hash('sha256', supergraphSdl, 'base64url')
    let planner = this.#planners.get(id)
    if (planner === undefined) {
      planner = { engine: this.#createEngine(supergraphSdl), plans: new BoundedCache(MAX_PLANS), holders: new Map() }
      this.#planners.set(id, planner)
    }
    planner.holders.set(holder, (planner.holders.get(holder) ?? 0) + 1)
    try {
      return { id, types: await planner.engine.types() }
    } catch (error) {
      await this.close(holder, id)
      throw error
    }
  }

  /** @throws OPERATION_LIMIT_EXCEEDED, INTERNAL */
  async plan(id: string, request: PlanRequest): Promise<PlanNode | undefined> {
    const planner = this.#planners.get(id)
    if (planner === undefined) throw new GatewayError('INTERNAL', 'the planner is closed')
    const key = JSON.stringify([request.operationName ?? null, request.text])
    const known = planner.plans.get(key)
    if (known !== undefined) return await known
    const made = planner.engine.plan(request)
    planner.plans.set(key, made)
    made.catch((error: unknown) => {
      const isTooMuch = error instanceof GatewayError && error.code === 'OPERATION_LIMIT_EXCEEDED'
      setTimeout(() => planner.plans.delete(key, made), isTooMuch ? REFUSED_FOR_MS : 0).unref()
    })
    return await made
  }

  async close(holder: object, id: string): Promise<void> {
    const planner = this.#planners.get(id)
    const times = planner?.holders.get(holder) ?? 0
    if (planner === undefined || times === 0) return
    if (times > 1) planner.holders.set(holder, times - 1)
    else planner.holders.delete(holder)
    await this.#closeUnheld(id, planner)
  }

  /** A worker has ended: what it held it holds no longer. */
  async release(holder: object): Promise<void> {
    await Promise.all([...this.#planners].map(async ([id, planner]) => {
      if (planner.holders.delete(holder)) await this.#closeUnheld(id, planner)
    }))
  }

  async #closeUnheld(id: string, planner: SharedPlanner): Promise<void> {
    if (planner.holders.size > 0) return
    this.#planners.delete(id)
    await planner.engine.close()
  }
}
