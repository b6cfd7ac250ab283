import { mkdir } from 'node:fs/promises'
import type { Log } from '../serve/index.ts'
import { auditMethod, budgetsMethod, mergeMetrics, plannerMethods, SharedPlanners, WorkerPool, type WorkerPlace } from '../workers/index.ts'
import { createCallerBudgets } from './create-cost-control.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { openAudit } from './open-access.ts'

/** What a worker is told at its start. */
export interface WorkerTask extends WorkerPlace {
  readonly config: GatewayConfig
}

/** Longer than a worker takes that does anything at all. */
const METRICS_TIMEOUT_MS = 1_000

/**
 * A gateway of several processes on one port. This one answers nothing: it accepts connections, writes the audit log, plans
 * for all and replaces what ends. Everything else that is shared lies in files: agreements, tokens, revocations and counts in
 * SQLite, links in LMDB, the graph in the registry.
 *
 * @param entry the module that a worker runs
 * @throws whatever the start of a worker threw
 */
export async function startWorkers(config: GatewayConfig, { entry, log }: { readonly entry: URL; readonly log: Log }): Promise<{ readonly url: string; readonly port: number; readonly close: () => Promise<void> }> {
  await using stack = new AsyncDisposableStack()
  await mkdir(config.dataDir, { recursive: true })
  const audit = stack.use(await openAudit(config.dataDir))
  const planners = new SharedPlanners()
  const count = config.workers ?? 1
  const callerBudget = config.protection?.callerBudget
  const budgets = callerBudget === undefined ? {} : { budgets: budgetsMethod(createCallerBudgets(callerBudget)) }
  const pool: WorkerPool<WorkerTask> = new WorkerPool({
    entry, count, log,
    taskFor: (place) => ({ ...place, config }),
    methodsFor: (worker) => ({ audit: auditMethod(audit), ...plannerMethods(planners, worker), ...budgets, metrics: async () => await readMetrics(pool, count) }),
    onEnd: (worker) => void planners.release(worker).catch((error: unknown) => log.error('a planner could not be closed', {}, error)),
  })
  stack.defer(async () => await pool.stop())
  const url = await pool.start()
  const held = stack.move()
  return { url: url.href.replace(/\/$/, ''), port: Number(url.port), close: async () => await held.disposeAsync() }
}

/** A worker that is too busy to answer is left out; how many serve is said. */
async function readMetrics(pool: WorkerPool<WorkerTask>, count: number): Promise<string> {
  const texts = await Promise.all([...pool.serving].map(async ([number, channel]): Promise<readonly [number, string]> => [number, await channel.call('metrics', undefined, METRICS_TIMEOUT_MS).then(String, () => '')]))
  const own = [
    '# HELP polyseme_workers Serving processes.', '# TYPE polyseme_workers gauge',
    `polyseme_workers{state="configured"} ${count}`, `polyseme_workers{state="serving"} ${texts.length}`,
    '# HELP polyseme_primary_resident_memory_bytes Resident memory of the process that hands out connections.', '# TYPE polyseme_primary_resident_memory_bytes gauge',
    `polyseme_primary_resident_memory_bytes ${process.memoryUsage.rss()}`, '',
  ]
  return `${own.join('\n')}${mergeMetrics(new Map(texts))}`
}
