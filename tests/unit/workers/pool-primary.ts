import { createLog } from '../../../gateway/serve/index.ts'
import { WorkerPool } from '../../../gateway/workers/index.ts'

// A pool of two such workers; says its address and then its log, and stops when it is told to.
const pool = new WorkerPool({
  entry: new URL('./pool-worker.ts', import.meta.url), count: 2, hungAfterSec: 6,
  taskFor: (place) => place, methodsFor: () => ({}), onEnd: () => undefined,
  log: createLog((line) => console.log(line)),
})
console.log((await pool.start()).href)
process.on('SIGTERM', () => void pool.stop().then(() => process.exit(0)))
