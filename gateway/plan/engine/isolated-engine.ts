import { GatewayError } from '@polyseme/kit/errors'
import type { TypeFacts } from '../compile/type-index.ts'
import type { PlanNode } from '../plan-node.ts'
import type { PlanEngine, PlannerName, PlanRequest } from './plan-engine.ts'
import { startPlannerProcess, startPlannerThread, type PlannerHost } from './planner-host.ts'
import type { FromPlanner } from './planner-messages.ts'

export interface IsolatedEngineOptions {
  readonly planner: PlannerName
  readonly supergraphSdl: string
  /** Time for one plan, waiting not counted. */
  readonly planTimeoutMs: number
  /** Time for building the planner. */
  readonly startTimeoutMs: number
  readonly maxMemoryMb: number
}

/** An engine with the defaults that `PlannerOptions` names. */
export function createIsolatedEngine(supergraphSdl: string, { planner = 'apollo', planTimeoutMs = 5_000, startTimeoutMs = 120_000, maxMemoryMb = 2_048 }: Partial<Omit<IsolatedEngineOptions, 'supergraphSdl'>> = {}): IsolatedEngine {
  return new IsolatedEngine({ planner, supergraphSdl, planTimeoutMs, startTimeoutMs, maxMemoryMb })
}

interface Job {
  readonly request: PlanRequest
  readonly resolve: (node: PlanNode | undefined) => void
  readonly reject: (error: GatewayError) => void
}

/**
 * A planner in a thread or process of its own, so that planning never holds up the serving thread. A plan that takes
 * too long, or that takes the planner down, fails alone: the planner is rebuilt and the others go on.
 */
export class IsolatedEngine implements PlanEngine {
  readonly #options: IsolatedEngineOptions
  readonly #queue: Job[] = []
  #host: PlannerHost | undefined
  #ready: PromiseWithResolvers<TypeFacts> = Promise.withResolvers<TypeFacts>()
  #isReady = false
  #current: Job | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: IsolatedEngineOptions) {
    this.#options = options
    this.#start()
  }

  types(): Promise<TypeFacts> {
    this.#host?.hold(true)
    return this.#ready.promise.finally(() => this.#holdWhileBusy())
  }

  plan(request: PlanRequest): Promise<PlanNode | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new GatewayError('INTERNAL', 'the planner is closed'))
        return
      }
      this.#queue.push({ request, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const error = new GatewayError('INTERNAL', 'the planner is closed')
    for (const job of [...(this.#current === undefined ? [] : [this.#current]), ...this.#queue.splice(0)]) job.reject(error)
    if (!this.#isReady) this.#ready.reject(error)
    await this.#host?.kill()
  }

  #start(): void {
    const { planner, supergraphSdl, maxMemoryMb, startTimeoutMs } = this.#options
    const start = planner === 'hive' || supergraphSdl.length >= LARGE_SDL_CHARACTERS ? startPlannerProcess : startPlannerThread
    this.#isReady = false
    this.#ready = Promise.withResolvers<TypeFacts>()
    // Whoever asks for the types sees the failure; nobody may be asking.
    this.#ready.promise.catch(() => {})
    this.#host = start({ onMessage: (message) => this.#onMessage(message), onGone: (cause) => this.#onGone(cause) }, maxMemoryMb)
    this.#timer = setTimeout(() => this.#giveUp(new Error('building the planner took too long')), startTimeoutMs)
    this.#host.tell({ kind: 'start', planner, supergraphSdl })
    this.#holdWhileBusy()
  }

  #onMessage(message: FromPlanner): void {
    clearTimeout(this.#timer)
    if (message.kind === 'ready') {
      this.#isReady = true
      this.#ready.resolve(message.types)
      this.#next()
      return
    }
    if (!this.#isReady) {
      this.#giveUp(new Error(message.kind === 'failed' ? message.message : 'an answer before the start'))
      return
    }
    const job = this.#current
    this.#current = undefined
    if (message.kind === 'planned') job?.resolve(message.node)
    else job?.reject(new GatewayError('INTERNAL', 'the operation could not be planned', { cause: new Error(message.message) }))
    this.#next()
  }

  #next(): void {
    this.#holdWhileBusy()
    if (!this.#isReady || this.#current !== undefined) return
    const job = this.#queue.shift()
    if (job === undefined) return
    this.#current = job
    this.#timer = setTimeout(() => this.#onPlanTimeout(), this.#options.planTimeoutMs)
    this.#host?.tell({ kind: 'plan', request: job.request })
  }

  #onPlanTimeout(): void {
    const { planTimeoutMs } = this.#options
    this.#dropCurrent(new GatewayError('OPERATION_LIMIT_EXCEEDED', `planning the operation took longer than ${planTimeoutMs} ms`))
    void this.#host?.kill()
    this.#start()
  }

  #onGone(cause: Error): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    if (!this.#isReady) {
      this.#giveUp(cause)
      return
    }
    this.#dropCurrent(new GatewayError('INTERNAL', 'the operation could not be planned', { cause }))
    this.#start()
  }

  /** The planner cannot be built: everything that waits fails, and the next request tries again. */
  #giveUp(cause: Error): void {
    clearTimeout(this.#timer)
    void this.#host?.kill()
    const error = new GatewayError('INTERNAL', 'the planner could not be started', { cause })
    this.#ready.reject(error)
    for (const job of this.#queue.splice(0)) job.reject(error)
    if (!this.#closed) setTimeout(() => { if (!this.#closed) this.#start() }, RESTART_DELAY_MS).unref()
  }

  #dropCurrent(error: GatewayError): void {
    const job = this.#current
    this.#current = undefined
    job?.reject(error)
  }

  #holdWhileBusy(): void {
    this.#host?.hold(this.#current !== undefined || this.#queue.length > 0)
  }
}

const RESTART_DELAY_MS = 1_000
/** A planner of such a graph takes a third of a second to build. */
const LARGE_SDL_CHARACTERS = 256 * 1024
