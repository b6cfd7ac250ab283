import { Worker } from 'node:worker_threads'
import type { BackgroundBounds, BackgroundEnd } from './background-process.ts'

// The entry point of a process for work in the background. It ends with its parent.

export type ToBackground =
  | { readonly kind: 'start'; readonly module: string; readonly task: unknown; readonly bounds: BackgroundBounds }
  | { readonly kind: 'next' }

export type FromBackground =
  | { readonly kind: 'part'; readonly part: unknown }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly reason: BackgroundEnd; readonly message: string }

/** What the parent has not asked for yet. */
const waiting: FromBackground[] = []
let isAsked = true

function say(message: FromBackground): void {
  waiting.push(message)
  sendNext()
}

function sendNext(): void {
  const next = isAsked ? waiting.shift() : undefined
  if (next === undefined) return
  isAsked = false
  process.send?.(next)
}

// Only a thread's stack can be made as large as a composer needs.
function start(module: string, task: unknown, { maxHeapMb, stackMb }: BackgroundBounds): void {
  const worker = new Worker(new URL(module), { workerData: task, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, stackSizeMb: stackMb } })
  let hasFailed = false
  worker.on('message', (part: unknown) => say({ kind: 'part', part }))
  worker.once('error', (error: Error & { readonly code?: unknown }) => {
    hasFailed = true
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : error instanceof RangeError ? 'stack' : 'failed'
    say({ kind: 'failed', reason, message: error.message })
  })
  worker.once('exit', () => { if (!hasFailed) say({ kind: 'ended' }) })
}

process.on('disconnect', () => process.exit())
process.on('message', (message: ToBackground) => {
  if (message.kind === 'start') return start(message.module, message.task, message.bounds)
  isAsked = true
  sendNext()
})
