import type { LinkStatement, Provenance } from '@polyseme/kit/lexicon'
import type { LinkView } from './link-view.ts'
import { hashKey } from './key-hash.ts'
import { BOUNDED, LATEST, NEGATIVE, statementOf, STATUS_MASK, statusBits } from './link-columns.ts'
import { HEADER_BYTES, HEADER_FIELDS, MAGIC, NO_COUNTERPART, SECTIONS, type SectionName, type SegmentSections } from './segment-layout.ts'

/** A view as the segment's loops want it. */
export interface CompiledView {
  readonly view: LinkView
  readonly statusBits: number
  /** Nothing later than the latest statement of a pair is asked for. */
  readonly believesLatest: boolean
}

export function compileView(view: LinkView): CompiledView {
  const known = compiledViews.get(view)
  if (known !== undefined) return known
  const compiled: CompiledView = { view, statusBits: statusBits(view.statuses), believesLatest: view.knownAtMs === Infinity }
  compiledViews.set(view, compiled)
  return compiled
}

/** A request asks a thousand times under one view. */
const compiledViews = new WeakMap<LinkView, CompiledView>()

/** Keys of counterparts that count, and of those that a negative statement rules out. */
export interface Selection {
  readonly found: string[]
  readonly ruledOut: string[]
}

/** One side of a segment: how its keys are found and where their rows begin. */
interface Side {
  readonly slots: Uint32Array
  readonly mask: number
  readonly keys: Uint32Array
  readonly bytes: Uint8Array
  readonly text: Buffer
}

/** An immutable snapshot of a mapping's statements, read where it lies: a file's memory, mapped or copied. */
export class LinkSegment {
  readonly rows: number
  readonly byteLength: number
  readonly #seed: number
  readonly #sections: SegmentSections
  readonly #from: Side
  readonly #to: Side
  #provenances: readonly Provenance[] | undefined

  /** @throws RangeError when the bytes are not a segment of this form. */
  constructor(buffer: ArrayBufferLike, byteOffset: number, byteLength: number) {
    if (byteLength < HEADER_BYTES || byteOffset % 8 !== 0) throw new RangeError('not a segment')
    const header = new Float64Array(buffer, byteOffset, HEADER_BYTES / 8)
    if (header[0] !== MAGIC) throw new RangeError('not a segment of this version')
    this.#sections = readSections(buffer, byteOffset, byteLength, header)
    this.#seed = header[1] ?? 0
    this.rows = header[2] ?? 0
    this.byteLength = byteLength
    const { fromSlots, fromKeys, fromBytes, toSlots, toKeys, toBytes } = this.#sections
    this.#from = side(fromSlots, fromKeys, fromBytes)
    this.#to = side(toSlots, toKeys, toBytes)
  }

  /** Every statement about a record, the history of each pair in the order of recording. */
  find(side: 'from' | 'to', key: string): readonly LinkStatement[] {
    const own = side === 'from' ? this.#from : this.#to
    const index = this.#indexOf(own, key)
    if (index < 0) return []
    const statements: LinkStatement[] = []
    const end = own.keys[2 * index + 3] ?? 0
    for (let at = own.keys[2 * index + 1] ?? 0; at < end; at += 1)
      statements.push(this.statement(side === 'from' ? at : (this.#sections.toRows[at] ?? 0)))
    return statements
  }

  /** Adds the counterparts of a record that count in a view. */
  select(side: 'from' | 'to', key: string, compiled: CompiledView, into: Selection): void {
    const forward = side === 'from'
    const own = forward ? this.#from : this.#to
    const index = this.#indexOf(own, key)
    if (index < 0) return
    this.#selectRows(forward, own, index, compiled, into)
  }

  /**
   * The same for many records at once. Each stage runs over all keys before the next begins, so that the processor
   * waits for many memory lines together instead of one after the other.
   */
  selectMany(side: 'from' | 'to', keys: readonly string[], compiled: CompiledView, each: (at: number, selection: Selection) => void): void {
    const forward = side === 'from'
    const own = forward ? this.#from : this.#to
    const hashes = new Uint32Array(keys.length)
    const indexes = new Int32Array(keys.length)
    for (let at = 0; at < keys.length; at += 1) hashes[at] = hashKey(keys[at] ?? '', this.#seed)
    const { slots, mask } = own
    for (let at = 0; at < keys.length; at += 1) {
      // The first slot with the same hash; the key itself is compared in the next stage.
      const hash = hashes[at] ?? 0
      let slot = hash & mask
      while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== hash) slot = (slot + 1) & mask
      indexes[at] = (slots[2 * slot + 1] ?? 0) - 1
    }
    for (let at = 0; at < keys.length; at += 1) {
      const index = indexes[at] ?? -1
      if (index >= 0 && !sameKey(own, index, keys[at] ?? '')) indexes[at] = this.#indexOf(own, keys[at] ?? '')
    }
    const selection: Selection = { found: [], ruledOut: [] }
    for (let at = 0; at < keys.length; at += 1) {
      const index = indexes[at] ?? -1
      if (index < 0) continue
      selection.found.length = 0
      selection.ruledOut.length = 0
      this.#selectRows(forward, own, index, compiled, selection)
      each(at, selection)
    }
  }

  /** Keys of one side, in the order in which they were first met. */
  *keys(side: 'from' | 'to'): Generator<string> {
    const own = side === 'from' ? this.#from : this.#to
    for (let index = 0; index < own.keys.length / 2 - 1; index += 1) yield keyAt(own, index)
  }

  has(side: 'from' | 'to', key: string): boolean {
    return this.#indexOf(side === 'from' ? this.#from : this.#to, key) >= 0
  }

  /** One statement by its row. */
  statement(row: number): LinkStatement {
    const { rowFrom, rowTo, flags, confidence, validFromMs, validToMs, recordedAtMs, provenance } = this.#sections
    const to = rowTo[row] ?? NO_COUNTERPART
    const source = this.#provenance(provenance[row] ?? 0)
    return statementOf({
      from: keyAt(this.#from, rowFrom[row] ?? 0),
      to: to === NO_COUNTERPART ? undefined : keyAt(this.#to, to),
      flags: flags[row] ?? 0,
      confidence: confidence[row] ?? 0,
      validFromMs: validFromMs[row] ?? 0,
      validToMs: validToMs[row] ?? 0,
      recordedAtMs: recordedAtMs[row] ?? 0,
      provenance: source,
    })
  }

  /** Whether a row is its pair's latest statement. */
  #isLatest(row: number): boolean {
    return ((this.#sections.flags[row] ?? 0) & LATEST) !== 0
  }

  /** Rows of the negative statements. */
  *negativeRows(): Generator<number> {
    const { flags } = this.#sections
    for (let row = 0; row < flags.length; row += 1) if (((flags[row] ?? 0) & NEGATIVE) !== 0) yield row
  }

  #selectRows(forward: boolean, own: Side, index: number, compiled: CompiledView, into: Selection): void {
    const { toRows, rowFrom, rowTo, flags } = this.#sections
    const others = forward ? rowTo : rowFrom
    const other = forward ? this.#to : this.#from
    const end = own.keys[2 * index + 3] ?? 0
    for (let at = own.keys[2 * index + 1] ?? 0; at < end; at += 1) {
      const row = forward ? at : (toRows[at] ?? 0)
      const flag = flags[row] ?? 0
      if (compiled.believesLatest ? (flag & LATEST) === 0 : !this.#isBelieved(row, compiled.view.knownAtMs)) continue
      const counterpart = others[row] ?? NO_COUNTERPART
      if (counterpart === NO_COUNTERPART) continue
      if ((flag & BOUNDED) !== 0 && !this.#isValid(row, compiled.view.asOfMs)) continue
      const status = (flag & STATUS_MASK) >> 3
      if ((flag & NEGATIVE) !== 0) {
        if (status === 0) into.ruledOut.push(keyAt(other, counterpart))
      } else if (
        ((compiled.statusBits >> status) & 1) === 1 &&
        (compiled.view.minConfidence === 0 || (this.#sections.confidence[row] ?? 0) >= compiled.view.minConfidence)
      ) {
        into.found.push(keyAt(other, counterpart))
      }
    }
  }

  /** Whether a row is its pair's last statement recorded until a moment. */
  #isBelieved(row: number, knownAtMs: number): boolean {
    const { recordedAtMs } = this.#sections
    if ((recordedAtMs[row] ?? 0) > knownAtMs) return false
    return this.#isLatest(row) || (recordedAtMs[row + 1] ?? 0) > knownAtMs
  }

  #isValid(row: number, asOfMs: number): boolean {
    return (this.#sections.validFromMs[row] ?? 0) <= asOfMs && asOfMs < (this.#sections.validToMs[row] ?? 0)
  }

  #indexOf(own: Side, key: string): number {
    const { slots, mask } = own
    const hash = hashKey(key, this.#seed)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[2 * slot + 1] ?? 0
      if (entry === 0) return -1
      if (slots[2 * slot] === hash && sameKey(own, entry - 1, key)) return entry - 1
    }
  }

  #provenance(index: number): Provenance {
    this.#provenances ??= JSON.parse(Buffer.from(this.#sections.provenances).toString('utf8')) as readonly Provenance[]
    return this.#provenances[index] ?? { justification: '', source: '' }
  }
}

function side(slots: Uint32Array, keys: Uint32Array, bytes: Uint8Array): Side {
  return { slots, mask: slots.length / 2 - 1, keys, bytes, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

function sameKey({ keys, bytes }: Side, index: number, key: string): boolean {
  const start = keys[2 * index] ?? 0
  const length = (keys[2 * index + 2] ?? 0) - start
  if (length !== key.length) return false
  for (let at = 0; at < length; at += 1) if (bytes[start + at] !== key.charCodeAt(at)) return false
  return true
}

function keyAt({ keys, bytes, text }: Side, index: number): string {
  const start = keys[2 * index] ?? 0
  const end = keys[2 * index + 2] ?? 0
  const length = end - start
  if (length < 10 && length > 0 && bytes[start] !== ZERO) {
    // Most keys are numbers; making one from its digits is quicker than a call into the runtime for its text.
    let number = 0
    let at = start
    for (; at < end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      number = number * 10 + digit
    }
    if (at === end) return String(number)
  }
  return text.toString('latin1', start, end)
}

const ZERO = 48

const ELEMENT_BYTES = { u8: 1, u32: 4, f64: 8 } as const

function readSections(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, header: Float64Array): SegmentSections {
  const sections: Partial<Record<SectionName, Uint8Array | Uint32Array | Float64Array>> = {}
  for (const [at, { name, type }] of SECTIONS.entries()) {
    const offset = header[HEADER_FIELDS + 2 * at] ?? -1
    const length = header[HEADER_FIELDS + 2 * at + 1] ?? -1
    if (!(offset >= HEADER_BYTES && length >= 0 && offset + length * ELEMENT_BYTES[type] <= byteLength))
      throw new RangeError('a segment is cut short')
    const start = byteOffset + offset
    sections[name] =
      type === 'u8'
        ? new Uint8Array(buffer, start, length)
        : type === 'u32'
          ? new Uint32Array(buffer, start, length)
          : new Float64Array(buffer, start, length)
  }
  return sections as SegmentSections // each section was made with the type that the layout gives it
}
