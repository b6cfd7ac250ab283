import type { DataProduct } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { PromiseKeeper, PromiseStore, type PromiseNotice, type PromiseReader } from '../promise/index.ts'
import type { Source } from '../source/index.ts'

/** A domain's promises while it serves: measured in the background, read by `_products`. */
export interface DomainPromises {
  readonly reader: PromiseReader
  readonly close: () => Promise<void>
}

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
    close: async () => {
      await keeper.stop()
      store.close()
    },
  }
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
