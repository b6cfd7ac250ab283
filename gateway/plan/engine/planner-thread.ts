import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { servePlanner } from './serve-planner.ts'

// The entry point of the planner's thread.
const port = parentPort
if (port === null) throw new TypeError('runs as a worker thread only')
giveWay()
port.on('message', servePlanner((message) => port.postMessage(message)))

/** Building a planner takes seconds, and those who ask what is planned already go first. On Linux a priority is a thread's own. */
function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(5)
  } catch {
    // Where it is not allowed it plans as any other thread.
  }
}
