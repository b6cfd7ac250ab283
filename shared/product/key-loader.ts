import DataLoader from 'dataloader'
import { print } from 'graphql'
import type { ProductProperty } from '../contract/index.ts'
import type { KeyTuple } from './fetched-row.ts'
import { keyTupleText } from './key-index.ts'
import type { QueryRun } from './query-run.ts'
import type { KeyBatch } from './rows-statement.ts'
import type { RowSelection } from './selection.ts'

/** Rows that are asked for by key. */
export interface KeyLoad<R> {
  /** What a row is made into; loads of different kinds do not meet. */
  readonly kind: 'text' | 'fields'
  readonly selection: RowSelection
  readonly keys: KeyBatch
  /** What each of the tuples has, in their order. */
  readonly fetch: (keys: KeyBatch) => Promise<readonly R[]>
}

type Batches = DataLoader<readonly KeyTuple[], readonly unknown[]>

const loaders = new WeakMap<QueryRun, Map<string, Batches>>()

/**
 * Loads rows by key, with the loads of the same moment of one request: one loader for each type, key and selection, so that
 * ten aliases of a look-up by key are one statement, in which each key stands once.
 *
 * Whole batches are what is loaded, so that a batch of 100,000 entities costs one promise.
 */
export async function loadByKeys<R>(run: QueryRun, load: KeyLoad<R>): Promise<readonly R[]> {
  const ofRun = loaders.get(run) ?? new Map<string, Batches>()
  loaders.set(run, ofRun)
  const { properties, tuples } = load.keys
  const name = JSON.stringify([load.kind, load.selection.object.object.typeName, properties.map(({ field }) => field), selectionText(load.selection)])
  const loader = ofRun.get(name) ?? newLoader(properties, load.fetch)
  ofRun.set(name, loader)
  // The name holds everything that makes the answer, so what comes back is what this load's own `fetch` gives.
  return (await loader.load(tuples)) as readonly R[]
}

function newLoader(properties: readonly ProductProperty[], fetch: (keys: KeyBatch) => Promise<readonly unknown[]>): Batches {
  return new DataLoader(async (batches: readonly (readonly KeyTuple[])[]) => {
    const [only] = batches
    if (batches.length === 1 && only !== undefined) return [await fetch({ properties, tuples: only })]
    const tuples = new Map<string, { readonly tuple: KeyTuple; readonly place: number }>()
    const places = batches.map((batch) => batch.map((tuple) => {
      const text = keyTupleText(tuple)
      const { place } = tuples.get(text) ?? { place: tuples.size }
      tuples.set(text, { tuple, place })
      return place
    }))
    const found = await fetch({ properties, tuples: [...tuples.values()].map(({ tuple }) => tuple) })
    return places.map((batch) => batch.map((place) => found[place]))
  }, { cache: false })
}

// Within one request equal texts ask the same: fragments and variables are the request's.
function selectionText({ sets }: RowSelection): string {
  return sets.map((set) => (set.loc === undefined ? print(set) : set.loc.source.body.slice(set.loc.start, set.loc.end))).join('\n')
}
