import type { IncomingStatement, LinkStatement } from '@polyseme/kit/lexicon'
import type { CompiledView, Selection } from './link-segment.ts'

/** Which side of a mapping a key belongs to. */
export type LinkSide = 'from' | 'to'

/** Statements of all mappings, found by either side's key; nothing once recorded is ever lost. */
export interface LinkStore {
  /** Every statement ever made about a record, in the order of recording for each pair. */
  find(mappingId: string, side: LinkSide, key: string): readonly LinkStatement[]
  /** Adds the counterparts of a record that count in a view. */
  select(mappingId: string, side: LinkSide, key: string, view: CompiledView, into: Selection): void
  /** The same for many records; `each` is called for those that have any statement, and must not keep the selection. */
  selectMany(
    mappingId: string,
    side: LinkSide,
    keys: readonly string[],
    view: CompiledView,
    each: (at: number, selection: Selection) => void,
  ): void
  /** Keys of one side that any statement is about, each once. */
  keys(mappingId: string, side: LinkSide): Iterable<string>
  /** Negative statements of a mapping, of all times. */
  negatives(mappingId: string): readonly LinkStatement[]
  /** Number of statements. */
  size(mappingId: string): number
  /** What the statements of a mapping were last made from; undefined: never. */
  digest(mappingId: string): string | undefined
  /**
   * Makes a mapping say what its source now says: adds what is new, supersedes what is gone. Crash-safe: either all of
   * it is stored, or nothing. Returns how many statements were added.
   */
  load(
    mappingId: string,
    incoming: readonly IncomingStatement[],
    source: { readonly digest: string; readonly nowMs: number },
  ): Promise<number>
  /** Takes over what other processes have stored. */
  refresh(): void
  close(): Promise<void>
}
