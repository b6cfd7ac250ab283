import { Worker } from 'node:worker_threads'
import type { BackgroundBounds, BackgroundEnd } from './background-process.ts'
import type { FromThread } from './background-thread.ts'
import { becomeIdle } from './idle-process.ts'

// The entry point of a process for work in the background. It ends with its parent.

export type ToBackground =
  | { readonly kind: 'begin'; readonly bounds: BackgroundBounds; /** It gets the processor only when nothing else wants it. */ readonly isIdle: boolean }
  | { readonly kind: 'task'; readonly module: string; readonly task: unknown }
  | { readonly kind: 'next' }

export type FromBackground = FromThread | { readonly kind: 'failed'; readonly reason: BackgroundEnd; readonly message: string }

/** What the parent has not asked for yet. */
const waiting: FromBackground[] = []
let isAsked = true
let thread: Worker | undefined

function say(message: FromBackground): void {
  waiting.push(message)
  sendNext()
}

function sendNext(): void {
  const next = isAsked ? waiting.shift() : undefined
  if (next === undefined) return
  isAsked = next.kind !== 'part'
  process.send?.(next)
}

// Only a thread's stack can be made as large as a composer needs.
function begin({ maxHeapMb, stackMb }: BackgroundBounds, isIdle: boolean): Worker {
  if (isIdle) becomeIdle()
  const worker = new Worker(new URL('./background-thread.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, stackSizeMb: stackMb } })
  worker.on('message', (message: FromThread) => say(message))
  worker.once('error', (error: Error & { readonly code?: unknown }) => {
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : error instanceof RangeError ? 'stack' : 'failed'
    say({ kind: 'failed', reason, message: error.message })
  })
  return worker
}

process.on('disconnect', () => process.exit())
process.on('message', (message: ToBackground) => {
  if (message.kind === 'begin') thread = begin(message.bounds, message.isIdle)
  else if (message.kind === 'task') thread?.postMessage(message)
  else {
    isAsked = true
    sendNext()
  }
})
