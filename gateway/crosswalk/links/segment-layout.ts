/**
 * Form of a segment file: a header of 64-bit floats (magic, counts, hash seed, then offset and length in elements of each
 * section), then the sections, each aligned to 8 bytes, little-endian as every platform that Node runs on.
 *
 * Statements lie in the order of from-key, to-key, moment of recording, so that a pair's history is one run and a
 * record's links are one run. `toRows` gives the same by to-key.
 */
export const SECTIONS = [
  { name: 'fromSlots', type: 'u32' },
  { name: 'fromKeys', type: 'u32' },
  { name: 'fromBytes', type: 'u8' },
  { name: 'toSlots', type: 'u32' },
  { name: 'toKeys', type: 'u32' },
  { name: 'toBytes', type: 'u8' },
  { name: 'rowFrom', type: 'u32' },
  { name: 'rowTo', type: 'u32' },
  { name: 'toRows', type: 'u32' },
  { name: 'flags', type: 'u8' },
  { name: 'confidence', type: 'f64' },
  { name: 'validFromMs', type: 'f64' },
  { name: 'validToMs', type: 'f64' },
  { name: 'recordedAtMs', type: 'f64' },
  { name: 'provenance', type: 'u32' },
  { name: 'provenances', type: 'u8' },
] as const

export type SectionName = (typeof SECTIONS)[number]['name']

/** The number that a segment begins with; another form gets another number. */
export const MAGIC = 0x504c_4b31

export const HEADER_FIELDS = 5
export const HEADER_BYTES = 8 * (HEADER_FIELDS + 2 * SECTIONS.length)

/** `rowTo` of a statement that there is no counterpart. */
export const NO_COUNTERPART = 0xffff_ffff

export interface SegmentSections {
  /** Pairs of hash and key index + 1; 0 is an empty slot. */
  readonly fromSlots: Uint32Array
  /** Pairs of the key's first byte and its first row; one more pair at the end closes the last. */
  readonly fromKeys: Uint32Array
  readonly fromBytes: Uint8Array
  readonly toSlots: Uint32Array
  readonly toKeys: Uint32Array
  readonly toBytes: Uint8Array
  readonly rowFrom: Uint32Array
  readonly rowTo: Uint32Array
  readonly toRows: Uint32Array
  readonly flags: Uint8Array
  readonly confidence: Float64Array
  readonly validFromMs: Float64Array
  readonly validToMs: Float64Array
  readonly recordedAtMs: Float64Array
  readonly provenance: Uint32Array
  /** JSON list. */
  readonly provenances: Uint8Array
}
