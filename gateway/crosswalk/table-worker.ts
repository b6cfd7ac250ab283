import { parentPort, workerData } from 'node:worker_threads'
import { LmdbLinkStore } from './links/index.ts'
import { loadTableInto } from './load-links.ts'
import type { OffThreadTask } from './load-table-off-thread.ts'

const { storePath, ...task } = workerData as OffThreadTask
const store = LmdbLinkStore.open(storePath)
try {
  parentPort?.postMessage({ diagnostics: await loadTableInto(store, task) })
} finally {
  await store.close()
}
