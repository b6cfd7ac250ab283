import { GatewayError } from '@polyseme/kit/errors'
import type { AccessTable } from './access-table.ts'
import { BackgroundError, runInBackground } from './background-process.ts'
import { loadSupergraph } from './compose.ts'
import type { CostTable } from './cost-table.ts'
import type { FieldOwners } from './field-owners.ts'
import { giveWay } from './give-way.ts'
import { LazySchema, type TypeText } from './lazy-schema.ts'
import type { SubgraphDefinition, Supergraph } from './supergraph.ts'

/** Reading a graph of this size takes some 50 ms of processor time; four times as much is 170 ms, in which nobody would be answered. */
const SMALL_SDL_CHARACTERS = 40 * 1024
const BOUNDS = { timeoutMs: 120_000, maxHeapMb: 4_096, stackMb: 200 }

/** What the reader is told. */
export interface LoadTask {
  readonly sdl: string
  readonly subgraphs: readonly SubgraphDefinition[]
}

export type LoadTable = 'access' | 'requires' | 'owners' | 'weights' | 'listSizes'

/** What it answers, in pieces. */
export type LoadedPart =
  | { readonly kind: 'entries'; readonly table: LoadTable; readonly entries: readonly (readonly [string, unknown])[] }
  | { readonly kind: 'types'; readonly types: readonly TypeText[] }
  | { readonly kind: 'schema'; readonly scalars: readonly string[]; readonly others: string }
  | { readonly kind: 'done'; readonly id: string }
  | { readonly kind: 'refused'; readonly message: string }

/**
 * As `loadSupergraph`, for a thread that serves meanwhile: a large graph is read in a process of its own and arrives in pieces, between
 * which others have their turn, and of the schema only text.
 *
 * @throws COMPOSITION_FAILED
 */
export async function loadSupergraphOffThread(sdl: string, subgraphs: readonly SubgraphDefinition[], options: { readonly always?: true } = {}): Promise<Supergraph> {
  if (options.always !== true && sdl.length < SMALL_SDL_CHARACTERS) return loadSupergraph(sdl, subgraphs)
  const tables: Record<LoadTable, Map<string, unknown>> = { access: new Map(), requires: new Map(), owners: new Map(), weights: new Map(), listSizes: new Map() }
  const types = new Map<string, TypeText>()
  let rest = { scalars: [] as readonly string[], others: '' }
  let id: string | undefined
  await read({ sdl, subgraphs: subgraphs.map(withPagesOnly) }, async (part) => {
    if (part.kind === 'entries') for (const [key, value] of part.entries) tables[part.table].set(key, value)
    else if (part.kind === 'types') for (const type of part.types) types.set(type.name, type)
    else if (part.kind === 'schema') rest = part
    else if (part.kind === 'done') id = part.id
    else throw new GatewayError('COMPOSITION_FAILED', part.message)
    await giveWay()
  })
  if (id === undefined) throw new GatewayError('COMPOSITION_FAILED', 'the graph could not be read')
  const costs = { weights: tables.weights, listSizes: tables.listSizes } as CostTable
  return {
    id, sdl, costs,
    apiSchema: new LazySchema({ types, ...rest }),
    subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    access: tables.access as AccessTable,
    requires: tables.requires as Supergraph['requires'],
    owners: tables.owners as FieldOwners,
  }
}

/** Of a contract only the size of its pages is asked for; the rest need not cross the processes. */
function withPagesOnly({ products, ...definition }: SubgraphDefinition): SubgraphDefinition {
  const pages = products.map(({ objects }) => ({ objects: objects.map(({ typeName, page }) => ({ typeName, page })) }))
  return { ...definition, products: pages as unknown as SubgraphDefinition['products'] }
}

async function read(task: LoadTask, onPart: (part: LoadedPart) => Promise<void>): Promise<void> {
  try {
    await runInBackground(new URL('./load-worker.ts', import.meta.url), task, { bounds: BOUNDS, onPart: async (part) => await onPart(part as LoadedPart) })
  } catch (error) {
    if (!(error instanceof BackgroundError)) throw error
    throw new GatewayError('COMPOSITION_FAILED', error.reason === 'timeout' ? `the graph could not be read within ${BOUNDS.timeoutMs} ms` : 'the graph could not be read', { cause: error })
  }
}
