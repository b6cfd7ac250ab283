import type { DataProduct } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { CallIdentity } from '../identity/index.ts'
import { listPromises, PromiseKeeper, PromiseStore, readStatuses, type PromiseNotice, type PromiseReader, type PromiseState } from '../promise/index.ts'
import type { Source } from '../source/index.ts'

/** A domain's promises while it serves: measured in the background, read by `_products`. */
export interface DomainPromises {
  readonly reader: PromiseReader
  /**
   * Measures everything now, for a caller who may read every product.
   *
   * @throws FORBIDDEN, DEADLINE_EXCEEDED
   */
  readonly measure: (call: CallIdentity) => Promise<PromiseCounts>
  readonly close: () => Promise<void>
}

/** How many promises are in each state. */
export type PromiseCounts = Readonly<Record<PromiseState, number>>

export interface DomainPromisesOptions {
  readonly domain: string
  readonly products: readonly DataProduct[]
  readonly source: Source
  /** Results are kept in `promises/` below it; where it cannot be written they last as long as the process. */
  readonly dataDir: string
  readonly report: (message: string) => void
}

/** Begins to measure a domain's promises on their schedules. */
export function startDomainPromises({ domain, products, source, dataDir, report }: DomainPromisesOptions): DomainPromises {
  const store = openStore(dataDir, domain, report)
  const keeper = new PromiseKeeper({ products, source, store, report: (notice) => report(describeNotice(notice)) })
  keeper.start()
  return {
    reader: store,
    measure: async (call) => {
      assertReadsAll(call, products)
      await keeper.measureAll()
      return countStates(products, store)
    },
    close: async () => {
      await keeper.stop()
      store.close()
    },
  }
}

function assertReadsAll({ principal }: CallIdentity, products: readonly DataProduct[]): void {
  const closed = products.find(({ readScopes }) => readScopes.length > 0 && !readScopes.some((scope) => principal.scopes.has(scope)))
  if (closed !== undefined) throw new GatewayError('FORBIDDEN', `${closed.urn} may not be read by this caller, so its promises are not measured on demand`)
}

function countStates(products: readonly DataProduct[], store: PromiseStore): PromiseCounts {
  const counts = { KEPT: 0, BROKEN: 0, NOT_RUN: 0, UNKNOWN: 0 }
  for (const { state } of readStatuses(products.flatMap((product) => listPromises(product)), store)) counts[state] += 1
  return counts
}

function openStore(dataDir: string, domain: string, report: (message: string) => void): PromiseStore {
  try {
    return PromiseStore.open(dataDir, domain)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    report(`${error.message}; they last as long as this process`)
    return PromiseStore.inMemory()
  }
}

function describeNotice(notice: PromiseNotice): string {
  switch (notice.kind) {
    case 'broken':
      return `${notice.urn} breaks ${notice.id}`
    case 'kept-again':
      return `${notice.urn} keeps ${notice.id} again`
    case 'failed':
      return `not measured: ${notice.message}`
  }
}
