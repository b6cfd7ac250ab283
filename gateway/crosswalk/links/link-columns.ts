import type { LinkStatement, MappingStatus, Predicate, Provenance } from '@polyseme/kit/lexicon'

const PREDICATE_CODES: Readonly<Record<Predicate, number>> = {
  exactMatch: 0,
  closeMatch: 1,
  broadMatch: 2,
  narrowMatch: 3,
  relatedMatch: 4,
}
const STATUS_CODES: Readonly<Record<MappingStatus, number>> = { approved: 0, proposed: 1, superseded: 2, rejected: 3 }
const PREDICATES = ['exactMatch', 'closeMatch', 'broadMatch', 'narrowMatch', 'relatedMatch'] as const
const STATUSES = ['approved', 'proposed', 'superseded', 'rejected'] as const

/** Bits of a statement's flags: predicate 0 to 2, status 3 and 4, negative 5, bounded in time 6, last of its pair 7. */
export const STATUS_MASK = 0b0001_1000
export const NEGATIVE = 0b0010_0000
export const BOUNDED = 0b0100_0000
export const LATEST = 0b1000_0000

/** Statements of one mapping, column by column: what a million of them need no object each for. */
export class LinkColumns {
  readonly from: string[] = []
  /** Undefined: no counterpart. */
  readonly to: (string | undefined)[] = []
  readonly flags: number[] = []
  readonly confidence: number[] = []
  readonly validFromMs: number[] = []
  readonly validToMs: number[] = []
  readonly recordedAtMs: number[] = []
  /** Index into `provenances`. */
  readonly provenance: number[] = []
  readonly provenances: Provenance[] = []
  readonly #provenanceIds = new Map<Provenance, number>()

  get length(): number {
    return this.from.length
  }

  push(statement: LinkStatement): void {
    this.from.push(statement.from)
    this.to.push(statement.to)
    this.flags.push(flagsOf(statement))
    this.confidence.push(statement.confidence)
    this.validFromMs.push(statement.validFromMs)
    this.validToMs.push(statement.validToMs)
    this.recordedAtMs.push(statement.recordedAtMs)
    this.provenance.push(this.#provenanceId(statement.provenance))
  }

  /** @throws TypeError beyond the end. */
  at(index: number): LinkStatement {
    const provenance = this.provenances[this.provenance[index] ?? -1]
    const from = this.from[index]
    if (from === undefined || provenance === undefined) throw new TypeError(`there is no statement ${index}`)
    return statementOf({
      from,
      to: this.to[index],
      flags: this.flags[index] ?? 0,
      confidence: this.confidence[index] ?? 0,
      validFromMs: this.validFromMs[index] ?? 0,
      validToMs: this.validToMs[index] ?? 0,
      recordedAtMs: this.recordedAtMs[index] ?? 0,
      provenance,
    })
  }

  #provenanceId(provenance: Provenance): number {
    const known = this.#provenanceIds.get(provenance)
    if (known !== undefined) return known
    const id = this.provenances.push(provenance) - 1
    this.#provenanceIds.set(provenance, id)
    return id
  }
}

/** A statement with its flags packed. */
export interface PackedStatement extends Pick<
  LinkStatement,
  'from' | 'to' | 'confidence' | 'validFromMs' | 'validToMs' | 'recordedAtMs' | 'provenance'
> {
  readonly flags: number
}

export function statementOf({ flags, ...rest }: PackedStatement): LinkStatement {
  return {
    ...rest,
    predicate: PREDICATES[flags & 0b111] ?? 'relatedMatch',
    negative: (flags & NEGATIVE) !== 0,
    status: STATUSES[(flags & STATUS_MASK) >> 3] ?? 'rejected',
  }
}

export function flagsOf({ predicate, negative, status, validFromMs, validToMs }: LinkStatement): number {
  const bounded = validFromMs !== -Infinity || validToMs !== Infinity
  return PREDICATE_CODES[predicate] | (STATUS_CODES[status] << 3) | (negative ? NEGATIVE : 0) | (bounded ? BOUNDED : 0)
}

/** The statuses of a view as bits, one for each status code. */
export function statusBits(statuses: ReadonlySet<MappingStatus>): number {
  let bits = 0
  for (const status of statuses) bits |= 1 << STATUS_CODES[status]
  return bits
}
