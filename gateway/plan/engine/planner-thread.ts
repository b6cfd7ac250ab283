import { parentPort } from 'node:worker_threads'
import { servePlanner } from './serve-planner.ts'

// The entry point of the planner's thread.
const port = parentPort
if (port === null) throw new TypeError('runs as a worker thread only')
port.on('message', servePlanner((message) => port.postMessage(message)))
