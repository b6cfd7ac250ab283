import type { PlanEngine, PlanNode, PlanRequest, TypeFacts } from '../plan/index.ts'
import type { Channel, Method } from './channel.ts'
import type { SharedPlanners } from './shared-planners.ts'

/** Longer than the planner itself allows for building it. */
const OPEN_TIMEOUT_MS = 150_000
/** For a plan and for those that are made before it. */
const PLAN_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 5_000

interface OpenedPlanner {
  readonly id: string
  readonly types: TypeFacts
}

/** The planner of a supergraph as a worker sees it: it runs beside the primary process, for all workers. */
export class RemotePlanEngine implements PlanEngine {
  readonly #channel: Channel
  readonly #sdl: string
  #opened: Promise<OpenedPlanner> | undefined
  #closed = false

  constructor(channel: Channel, supergraphSdl: string) {
    this.#channel = channel
    this.#sdl = supergraphSdl
    // Built before the first operation asks, as a planner of one's own is; who asks sees a failure.
    this.#open().catch(() => undefined)
  }

  async types(): Promise<TypeFacts> {
    return (await this.#open()).types
  }

  async plan(request: PlanRequest): Promise<PlanNode | undefined> {
    const { id } = await this.#open()
    return await this.#channel.call('plan', { id, request }, PLAN_TIMEOUT_MS) as PlanNode | undefined
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const opened = await this.#opened?.catch(() => undefined)
    // When the primary is gone, so is the planner.
    if (opened !== undefined) await this.#channel.call('closePlanner', opened.id, CLOSE_TIMEOUT_MS).catch(() => undefined)
  }

  #open(): Promise<OpenedPlanner> {
    if (this.#opened === undefined) {
      const opening = this.#channel.call('openPlanner', this.#sdl, OPEN_TIMEOUT_MS) as Promise<OpenedPlanner>
      this.#opened = opening
      // The next one who asks tries again.
      opening.catch(() => { this.#opened = undefined })
    }
    return this.#opened
  }
}

/** The primary's side, for one worker. */
export function plannerMethods(planners: SharedPlanners, worker: object): Readonly<Record<'openPlanner' | 'plan' | 'closePlanner', Method>> {
  return {
    openPlanner: async (input) => await planners.open(worker, String(input)),
    plan: async (input) => {
      const { id, request } = input as { readonly id: string; readonly request: PlanRequest }
      return await planners.plan(id, request)
    },
    closePlanner: async (input) => await planners.close(worker, String(input)),
  }
}
