/**
 * Loaded into a gateway's process: at each message it sends the longest time since the last one that its thread did not turn, in ms, and the
 * most processor time that it took between two turns, which a busy machine does not lengthen.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Pauses {
  readonly wallMs: number
  readonly processorMs: number
}

const TICK_MS = 5
const delays = monitorEventLoopDelay({ resolution: TICK_MS })
delays.enable()

let processorMs = 0
let last = process.threadCpuUsage()
setInterval(() => {
  const { user, system } = process.threadCpuUsage(last)
  last = process.threadCpuUsage()
  processorMs = Math.max(processorMs, (user + system) / 1_000)
}, TICK_MS).unref()

process.on('message', () => {
  process.send?.({ wallMs: delays.max / 1e6, processorMs } satisfies Pauses)
  delays.reset()
  processorMs = 0
})
