import type { MappingStatus, Predicate } from './mapping.ts'

/**
 * One statement about two records of a mapping: that they belong together, that they do not (`negative`), or that the
 * record has no counterpart (`to` undefined). A later statement about the same two replaces an earlier one from its
 * `recordedAt` on; none is ever deleted.
 */
export interface LinkStatement {
  /** Key of the record of the mapping's `from`, as `encodeEntityKey` writes it. */
  readonly from: string
  /** Key of the record of the mapping's `to`; undefined: it was looked for and there is none. */
  readonly to: string | undefined
  readonly predicate: Predicate
  readonly negative: boolean
  readonly confidence: number
  readonly status: MappingStatus
  /** Milliseconds since 1970, inclusive; `-Infinity`: always. */
  readonly validFromMs: number
  /** Milliseconds since 1970, exclusive; `Infinity`: for good. */
  readonly validToMs: number
  /** Milliseconds since 1970: from when on we have believed this. */
  readonly recordedAtMs: number
  readonly provenance: Provenance
}

/** A statement as its source gives it: without a moment of recording where the source knows none. */
export interface IncomingStatement extends Omit<LinkStatement, 'recordedAtMs'> {
  readonly recordedAtMs: number | undefined
}

/** Who says so, and on what grounds. */
export interface Provenance {
  /** `semapv:…` */
  readonly justification: string
  /** Link table, rule or tool that the statement came from. */
  readonly source: string
  readonly author?: string
  readonly reviewer?: string
  readonly comment?: string
}
