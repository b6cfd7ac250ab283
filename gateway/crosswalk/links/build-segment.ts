import { randomInt } from 'node:crypto'
import { hashKey } from './key-hash.ts'
import { LATEST, type LinkColumns } from './link-columns.ts'
import { HEADER_BYTES, HEADER_FIELDS, MAGIC, NO_COUNTERPART, SECTIONS, type SegmentSections } from './segment-layout.ts'

/** Lays the statements of a mapping out as a segment, ready to be written. O(n), for n statements. */
export function buildSegment(columns: LinkColumns): readonly Uint8Array[] {
  const seed = randomInt(1, 0x7fff_ffff)
  const from = internKeys(columns.from, seed)
  const to = internKeys(columns.to, seed)
  const order = orderRows(columns, from, to)
  const rows = order.length
  const sections: SegmentSections = {
    fromSlots: from.slots,
    fromKeys: new Uint32Array(2 * (from.count + 1)),
    fromBytes: from.bytes,
    toSlots: to.slots,
    toKeys: new Uint32Array(2 * (to.count + 1)),
    toBytes: to.bytes,
    rowFrom: new Uint32Array(rows),
    rowTo: new Uint32Array(rows),
    toRows: new Uint32Array(rows - to.missing),
    flags: new Uint8Array(rows),
    confidence: new Float64Array(rows),
    validFromMs: new Float64Array(rows),
    validToMs: new Float64Array(rows),
    recordedAtMs: new Float64Array(rows),
    provenance: new Uint32Array(rows),
    provenances: Buffer.from(JSON.stringify(columns.provenances), 'utf8'),
  }
  fillRows(sections, columns, { order, from, to })
  closeKeys(sections.fromKeys, from)
  closeKeys(sections.toKeys, to)
  fillStarts(sections.fromKeys, sections.rowFrom)
  fillToRows(sections)
  return serialize(sections, seed, from.count, to.count)
}

interface InternedKeys {
  /** Key index of each statement; NO_COUNTERPART where it has none. */
  readonly ids: Uint32Array
  readonly count: number
  /** Statements without a key. */
  readonly missing: number
  readonly slots: Uint32Array
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
}

function internKeys(keys: readonly (string | undefined)[], seed: number): InternedKeys {
  const ids = new Uint32Array(keys.length)
  const indexes = new Map<string, number>()
  const distinct: string[] = []
  let byteCount = 0
  let missing = 0
  for (const [row, key] of keys.entries()) {
    if (key === undefined) {
      ids[row] = NO_COUNTERPART
      missing += 1
      continue
    }
    let id = indexes.get(key)
    if (id === undefined) {
      id = distinct.push(key) - 1
      indexes.set(key, id)
      byteCount += key.length
    }
    ids[row] = id
  }
  const offsets = new Uint32Array(distinct.length + 1)
  const bytes = new Uint8Array(byteCount)
  const target = Buffer.from(bytes.buffer)
  let at = 0
  for (const [id, key] of distinct.entries()) {
    offsets[id] = at
    at += target.write(key, at, 'latin1')
  }
  offsets[distinct.length] = at
  return { ids, count: distinct.length, missing, slots: buildSlots(distinct, seed), bytes, offsets }
}

/** Open addressing, at most half full. */
function buildSlots(keys: readonly string[], seed: number): Uint32Array {
  let capacity = 4
  while (capacity < 2 * keys.length) capacity *= 2
  const slots = new Uint32Array(2 * capacity)
  const mask = capacity - 1
  for (const [id, key] of keys.entries()) {
    const hash = hashKey(key, seed)
    let slot = hash & mask
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
    slots[2 * slot] = hash
    slots[2 * slot + 1] = id + 1
  }
  return slots
}

/** Statements by from-key, then to-key, then moment of recording, then as given. */
function orderRows({ recordedAtMs }: LinkColumns, from: InternedKeys, to: InternedKeys): Uint32Array {
  const rows = from.ids.length
  const starts = new Uint32Array(from.count + 1)
  for (const id of from.ids) starts[id + 1] = (starts[id + 1] ?? 0) + 1
  for (let id = 0; id < from.count; id += 1) starts[id + 1] = (starts[id + 1] ?? 0) + (starts[id] ?? 0)
  const next = starts.slice()
  const order = new Uint32Array(rows)
  for (let row = 0; row < rows; row += 1) {
    const id = from.ids[row] ?? 0
    const at = next[id] ?? 0
    order[at] = row
    next[id] = at + 1
  }
  const compare = (one: number, other: number): number =>
    (to.ids[one] ?? 0) - (to.ids[other] ?? 0) || (recordedAtMs[one] ?? 0) - (recordedAtMs[other] ?? 0) || one - other
  for (let id = 0; id < from.count; id += 1) {
    const [start, end] = [starts[id] ?? 0, starts[id + 1] ?? 0]
    if (end - start > 1) order.subarray(start, end).sort(compare)
  }
  return order
}

function fillRows(
  sections: SegmentSections,
  columns: LinkColumns,
  { order, from, to }: { readonly order: Uint32Array; readonly from: InternedKeys; readonly to: InternedKeys },
): void {
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0
    const following = order[at + 1]
    const isLast = following === undefined || from.ids[following] !== from.ids[row] || to.ids[following] !== to.ids[row]
    sections.rowFrom[at] = from.ids[row] ?? 0
    sections.rowTo[at] = to.ids[row] ?? 0
    sections.flags[at] = ((columns.flags[row] ?? 0) & ~LATEST) | (isLast ? LATEST : 0)
    sections.confidence[at] = columns.confidence[row] ?? 0
    sections.validFromMs[at] = columns.validFromMs[row] ?? 0
    sections.validToMs[at] = columns.validToMs[row] ?? 0
    sections.recordedAtMs[at] = columns.recordedAtMs[row] ?? 0
    sections.provenance[at] = columns.provenance[row] ?? 0
  }
}

function closeKeys(keys: Uint32Array, { offsets, count }: InternedKeys): void {
  for (let id = 0; id <= count; id += 1) keys[2 * id] = offsets[id] ?? 0
}

function fillStarts(keys: Uint32Array, rowKeys: Uint32Array): void {
  const count = keys.length / 2 - 1
  let row = 0
  for (let id = 0; id <= count; id += 1) {
    while (row < rowKeys.length && (rowKeys[row] ?? 0) < id) row += 1
    keys[2 * id + 1] = row
  }
}

function fillToRows({ toKeys, toRows, rowTo }: SegmentSections): void {
  const count = toKeys.length / 2 - 1
  const next = new Uint32Array(count + 1)
  for (const id of rowTo) if (id !== NO_COUNTERPART) next[id + 1] = (next[id + 1] ?? 0) + 1
  for (let id = 0; id < count; id += 1) next[id + 1] = (next[id + 1] ?? 0) + (next[id] ?? 0)
  for (let id = 0; id <= count; id += 1) toKeys[2 * id + 1] = next[id] ?? 0
  for (let row = 0; row < rowTo.length; row += 1) {
    const id = rowTo[row] ?? 0
    if (id === NO_COUNTERPART) continue
    const at = next[id] ?? 0
    toRows[at] = row
    next[id] = at + 1
  }
}

function serialize(sections: SegmentSections, seed: number, fromCount: number, toCount: number): readonly Uint8Array[] {
  const header = new Float64Array(HEADER_BYTES / 8)
  header.set([MAGIC, seed, sections.rowFrom.length, fromCount, toCount])
  const parts: Uint8Array[] = [new Uint8Array(header.buffer)]
  let offset = HEADER_BYTES
  for (const [at, { name }] of SECTIONS.entries()) {
    const section = sections[name]
    header[HEADER_FIELDS + 2 * at] = offset
    header[HEADER_FIELDS + 2 * at + 1] = section.length
    const bytes = new Uint8Array(section.buffer, section.byteOffset, section.byteLength)
    const padding = (8 - (bytes.byteLength % 8)) % 8
    parts.push(bytes, new Uint8Array(padding))
    offset += bytes.byteLength + padding
  }
  return parts
}
