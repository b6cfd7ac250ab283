import { GatewayError } from '@polyseme/kit/errors'
import { Channel } from './channel.ts'
import { RemoteAudit } from './remote-audit.ts'
import { RemoteCallerBudgets } from './remote-budgets.ts'
import { RemotePlanEngine } from './remote-planner.ts'
import type { CallerBudgets } from '../operation/index.ts'
import type { AuditSink } from '../usage/index.ts'
import type { PlanEngine } from '../plan/index.ts'

/** What a worker may ask of the primary process. */
export interface WorkerLink {
  readonly audit: AuditSink
  readonly planEngine: (supergraphSdl: string) => PlanEngine
  /** What callers have left to spend, of a budget of this size. */
  readonly callerBudgets: (size: Pick<CallerBudgets, 'cost' | 'windowMs'>) => CallerBudgets
  /** Metrics of all workers, this one's among them. */
  readonly allMetrics: () => Promise<string>
}

/** What a worker runs. */
export interface Served {
  readonly url: string
  /** This worker's own metrics, as text. */
  readonly metrics: () => string
  /** Finishes what is under way. */
  readonly close: () => Promise<void>
}

const ALIVE_EVERY_MS = 1_000
const METRICS_TIMEOUT_MS = 5_000

/**
 * Runs this process as a worker: starts what the primary process says, tells it, and ends when it is told to, by it or by a
 * signal, after what is under way. It ends as well when the primary is gone (`node:cluster` sees to that).
 */
export function runWorker(start: (task: unknown, link: WorkerLink) => Promise<Served>): void {
  let served: Promise<Served> | undefined
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    const running = await served?.catch(() => undefined)
    await running?.close()
    // Whoever gave an entry may not have waited for it.
    await audit.settled()
    process.exit(0)
  }
  const channel = new Channel({
    send: (message, failed) => void process.send?.(message, undefined, undefined, (error) => { if (error !== null) failed(error) }),
    onMessage: (listener) => void process.on('message', listener),
  }, {
    metrics: async () => (await served)?.metrics() ?? '',
  }, {
    stop: () => void stop(),
    start: (task) => {
      served = start(task, { audit, planEngine: (sdl) => new RemotePlanEngine(channel, sdl), callerBudgets: (size) => new RemoteCallerBudgets(channel, size), allMetrics: async () => String(await channel.call('metrics', undefined, METRICS_TIMEOUT_MS)) })
      served.then(({ url }) => channel.notify('ready', url), (error: unknown) => {
        channel.notify('failed', error instanceof GatewayError ? { code: error.code, message: error.message } : { code: 'INTERNAL', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
        // By then the notice has left: it is written in this turn.
        setImmediate(() => process.exit(1))
      })
    },
  })
  const audit = new RemoteAudit(channel)
  // A terminal and a service manager signal every process of a group.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
  setInterval(() => channel.notify('alive'), ALIVE_EVERY_MS).unref()
}
