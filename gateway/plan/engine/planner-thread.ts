import { parentPort } from 'node:worker_threads'
import { lowerPriority } from './planner-priority.ts'
import { servePlanner } from './serve-planner.ts'

// The entry point of the planner's thread.
const port = parentPort
if (port === null) throw new TypeError('runs as a worker thread only')
// Elsewhere it would be the whole process that goes last.
if (process.platform === 'linux') lowerPriority()
port.on('message', servePlanner((message) => port.postMessage(message)))
