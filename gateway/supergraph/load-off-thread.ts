import { Worker } from 'node:worker_threads'
import { GatewayError } from '@polyseme/kit/errors'
import type { AccessTable } from './access-table.ts'
import { buildSchemaInSlices } from './build-schema-in-slices.ts'
import { loadSupergraph } from './compose.ts'
import type { CostTable } from './cost-table.ts'
import type { FieldOwners } from './field-owners.ts'
import type { SubgraphDefinition, Supergraph } from './supergraph.ts'

/** Reading a graph of this size takes some 50 ms of processor time; four times as much is 170 ms, in which nobody would be answered. */
const SMALL_SDL_CHARACTERS = 40 * 1024
const TIMEOUT_MS = 60_000
const LIMITS = { maxOldGenerationSizeMb: 4_096, stackSizeMb: 200 }

/** What the thread is told. */
export interface LoadTask {
  readonly sdl: string
  readonly subgraphs: readonly SubgraphDefinition[]
}

export type LoadTable = 'access' | 'requires' | 'owners' | 'weights' | 'listSizes'

/** What the thread answers, in pieces. */
export type LoadedPart =
  | { readonly kind: 'entries'; readonly table: LoadTable; readonly entries: readonly (readonly [string, unknown])[] }
  | { readonly kind: 'done'; readonly id: string; readonly apiSdl: string }
  | { readonly kind: 'refused'; readonly message: string }

/**
 * As `loadSupergraph`, for a thread that serves meanwhile: a large graph is read in a thread of its own and arrives in pieces, and the
 * schema is put together in slices of a few milliseconds.
 *
 * @throws COMPOSITION_FAILED
 */
export async function loadSupergraphOffThread(sdl: string, subgraphs: readonly SubgraphDefinition[], options: { readonly always?: true } = {}): Promise<Supergraph> {
  if (options.always !== true && sdl.length < SMALL_SDL_CHARACTERS) return loadSupergraph(sdl, subgraphs)
  const tables: Record<LoadTable, Map<string, unknown>> = { access: new Map(), requires: new Map(), owners: new Map(), weights: new Map(), listSizes: new Map() }
  const task: LoadTask = { sdl, subgraphs: subgraphs.map(withPagesOnly) }
  const { id, apiSdl } = await runWorker(task, ({ table, entries }) => {
    for (const [key, value] of entries) tables[table].set(key, value)
  })
  const costs = { weights: tables.weights, listSizes: tables.listSizes } as CostTable
  return {
    id, sdl, costs,
    apiSchema: await buildSchemaInSlices(apiSdl),
    subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    access: tables.access as AccessTable,
    requires: tables.requires as Supergraph['requires'],
    owners: tables.owners as FieldOwners,
  }
}

/** Of a contract only the size of its pages is asked for; the rest need not cross the threads. */
function withPagesOnly({ products, ...definition }: SubgraphDefinition): SubgraphDefinition {
  const pages = products.map(({ objects }) => ({ objects: objects.map(({ typeName, page }) => ({ typeName, page })) }))
  return { ...definition, products: pages as unknown as SubgraphDefinition['products'] }
}

async function runWorker(task: LoadTask, onEntries: (part: Extract<LoadedPart, { kind: 'entries' }>) => void): Promise<Extract<LoadedPart, { kind: 'done' }>> {
  const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: task, resourceLimits: LIMITS })
  const { promise, resolve, reject } = Promise.withResolvers<Extract<LoadedPart, { kind: 'done' }>>()
  const fail = (why: string, cause?: unknown): void => reject(new GatewayError('COMPOSITION_FAILED', why, { cause }))
  const timer = setTimeout(() => fail(`the graph could not be read within ${TIMEOUT_MS} ms`), TIMEOUT_MS)
  worker.on('message', (part: LoadedPart) => {
    if (part.kind === 'entries') onEntries(part)
    else if (part.kind === 'done') resolve(part)
    else fail(part.message)
  })
  worker.once('error', (error) => fail('the graph could not be read', error))
  worker.once('exit', () => fail('the graph could not be read'))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
