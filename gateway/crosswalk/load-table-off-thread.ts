import type { Diagnostic } from '@polyseme/kit/errors'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { TableTask } from './load-links.ts'

/** What the thread gets: the store's folder beside the table. */
export interface OffThreadTask extends TableTask {
  readonly storePath: string
}

/** Loads a large link table in a thread of its own, so that this one goes on answering; the store is to be refreshed then. */
export async function loadTableOffThread(task: OffThreadTask, signal: AbortSignal): Promise<readonly Diagnostic[]> {
  const worker = new Worker(new URL('./table-worker.ts', import.meta.url), { workerData: task })
  try {
    const [message] = (await once(worker, 'message', { signal })) as [{ readonly diagnostics: readonly Diagnostic[] }]
    // Its store closes before it ends; nothing of it is cut short.
    await once(worker, 'exit')
    return message.diagnostics
  } finally {
    await worker.terminate()
  }
}
