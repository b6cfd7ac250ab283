import type { LinkStatement } from '@polyseme/kit/lexicon'

/** Statements of all mappings, found by either side's key. */
export interface LinkStore {
  /** Every statement ever made about a record, in the order of recording. */
  find(mappingId: string, side: 'from' | 'to', key: string): readonly LinkStatement[]
  /** Makes the statements of a mapping exactly these. */
  replace(mappingId: string, statements: readonly LinkStatement[]): void
  /** Number of statements. */
  size(mappingId: string): number
  close(): Promise<void>
}
