import { parentPort, workerData } from 'node:worker_threads'
import { GatewayError } from '@polyseme/kit/errors'
import { printSchema } from 'graphql'
import { loadSupergraph } from './compose.ts'
import type { LoadedPart, LoadTask, LoadTable } from './load-off-thread.ts'

/** What one message may hold, so that the thread that receives it is done with it in a few milliseconds. */
const ENTRIES_IN_A_MESSAGE = 1_000

function post(part: LoadedPart): void {
  parentPort?.postMessage(part)
}

function postTable(table: LoadTable, entries: ReadonlyMap<string, unknown>): void {
  const all = [...entries]
  for (let from = 0; from < all.length; from += ENTRIES_IN_A_MESSAGE) post({ kind: 'entries', table, entries: all.slice(from, from + ENTRIES_IN_A_MESSAGE) })
}

const { sdl, subgraphs } = workerData as LoadTask
try {
  const { id, apiSchema, access, requires, owners, costs } = loadSupergraph(sdl, subgraphs)
  postTable('access', access)
  postTable('requires', requires)
  postTable('owners', owners)
  postTable('weights', costs.weights)
  postTable('listSizes', costs.listSizes)
  post({ kind: 'done', id, apiSdl: printSchema(apiSchema) })
} catch (error) {
  if (!(error instanceof GatewayError)) throw error
  post({ kind: 'refused', message: error.message })
}
