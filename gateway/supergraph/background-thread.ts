import { parentPort } from 'node:worker_threads'

// The thread in which the work is done: one task after the other, each with the module's `run`.

/** What a module for work in the background exports. */
export type BackgroundRun = (task: never, post: (part: unknown) => void) => void | Promise<void>

export type FromThread = { readonly kind: 'part'; readonly part: unknown } | { readonly kind: 'ended' }

const port = parentPort
if (port === null) throw new TypeError('runs as a worker thread only')
const say = (message: FromThread): void => port.postMessage(message)
port.on('message', ({ module, task }: { readonly module: string; readonly task: unknown }) => {
  // What it throws ends the thread, and is told.
  void work(module, task).then(() => say({ kind: 'ended' }))
})

async function work(module: string, task: unknown): Promise<void> {
  const { run } = await import(module) as { readonly run: BackgroundRun }
  await run(task as never, (part) => say({ kind: 'part', part }))
}
