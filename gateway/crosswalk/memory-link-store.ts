import type { LinkStatement } from '@polyseme/kit/lexicon'
import type { LinkStore } from './link-store.ts'

interface Sides {
  readonly from: ReadonlyMap<string, readonly LinkStatement[]>
  readonly to: ReadonlyMap<string, readonly LinkStatement[]>
  readonly size: number
}

/** Statements in maps of this process; gone with it. */
export class MemoryLinkStore implements LinkStore {
  readonly #mappings = new Map<string, Sides>()

  find(mappingId: string, side: 'from' | 'to', key: string): readonly LinkStatement[] {
    return this.#mappings.get(mappingId)?.[side].get(key) ?? []
  }

  replace(mappingId: string, statements: readonly LinkStatement[]): void {
    const ordered = statements.toSorted((one, other) => one.recordedAtMs - other.recordedAtMs)
    const from = Map.groupBy(ordered, (statement) => statement.from)
    const to = Map.groupBy(ordered.filter((statement) => statement.to !== undefined), (statement) => statement.to ?? '')
    this.#mappings.set(mappingId, { from, to, size: statements.length })
  }

  size(mappingId: string): number {
    return this.#mappings.get(mappingId)?.size ?? 0
  }

  async close(): Promise<void> {
    this.#mappings.clear()
  }
}
