import { createLog, startProcess } from './main.ts'
import type { WorkerTask } from './wiring/start-workers.ts'
import { runWorker } from './workers/index.ts'

/** The entry point of one serving process of a gateway that has several (`workers` in mesh.yaml). */
process.env['APOLLO_TELEMETRY_DISABLED'] = '1'

runWorker(async (task, link) => {
  const { config, number, alone } = task as WorkerTask
  const log = createLog((line) => void process.stderr.write(`${line}\n`), { worker: number })
  return await startProcess(config, { log, share: { ...link, alone, leads: number === 1 } })
})
