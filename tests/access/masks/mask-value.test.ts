import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PropertyType } from '@polyseme/kit/contract'
import type { Mask } from '@polyseme/kit/identity'
import { maskValue } from '../../../gateway/access/masks/index.ts'

interface Vectors {
  readonly key: string
  readonly vectors: readonly { readonly mask: Mask; readonly type: PropertyType; readonly value: string | number | null; readonly shown: string | number | null }[]
}

const { key, vectors } = JSON.parse(readFileSync('tests/access/cases/mask-vectors.json', 'utf8')) as Vectors

const TYPES: readonly PropertyType[] = ['string', 'boolean', 'integer', 'bigint', 'number', 'decimal', 'date', 'timestamp', 'time', 'json', 'id', 'enum']
const masks: fc.Arbitrary<Mask> = fc.oneof(
  fc.constantFrom<Mask>({ kind: 'null' }, { kind: 'hash' }, { kind: 'partial' }, { kind: 'year' }, { kind: 'constant', value: '•••' }),
  fc.integer({ min: 1, max: 1_000_000 }).map((step): Mask => ({ kind: 'range', step })),
)

describe('maskValue', () => {
  it.each(vectors.filter(({ shown }) => shown !== '@computed'))('$mask on $type $value shows $shown', ({ mask, type, value, shown }) => {
    expect(maskValue(mask, value, type, key)).toBe(shown)
  })

  it('a hash is what any program can compute that has the key', () => {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
    for (const { mask, type, value } of vectors.filter(({ shown }) => shown === '@computed')) {
      expect(maskValue(mask, value, type, key)).toBe(sha256(`${key}:${sha256(`${key}:${value}`)}`).slice(0, 32))
    }
    expect(maskValue({ kind: 'hash' }, 'a', 'string')).toBeNull()
  })

  it('never changes a value\'s type, and never throws', () => {
    fc.assert(
      fc.property(masks, fc.constantFrom(...TYPES), fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.bigInt().map(String), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.jsonValue()), (mask, type, value) => {
        const shown = maskValue(mask, value, type, key)
        if (shown === null) return
        // An ID may be a number on the wire, and its mask is a text; both are IDs.
        expect(type === 'id' ? 'string' : typeof value).toBe(type === 'bigint' || type === 'decimal' ? typeof value : typeof shown)
      }),
      { numRuns: 2_000 },
    )
  })

  it('never shows a text that is longer than three characters in clear', () => {
    fc.assert(
      fc.property(masks, fc.string({ unit: 'grapheme', minLength: 4 }), (mask, value) => {
        const shown = maskValue(mask, value, 'string', key)
        expect(shown).not.toBe(value)
        if (typeof shown === 'string' && mask.kind === 'partial') expect(shown).toMatch(new RegExp(`^.•••(@•••(\\.[^.]*)?)?$`, 'us'))
      }),
    )
  })

  it('a range holds the value, for every number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 1, max: 1_000_000 }), (value, step) => {
        const shown = BigInt(String(maskValue({ kind: 'range', step }, String(value), 'bigint')))
        expect(shown % BigInt(step)).toBe(0n)
        expect(shown <= value && value < shown + BigInt(step)).toBe(true)
      }),
    )
  })

  it('equal values have equal hashes under one key and different ones under two', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(maskValue({ kind: 'hash' }, one, 'string', 'k1') === maskValue({ kind: 'hash' }, other, 'string', 'k1')).toBe(one === other)
        expect(maskValue({ kind: 'hash' }, one, 'string', 'k1')).not.toBe(maskValue({ kind: 'hash' }, one, 'string', 'k2'))
      }),
    )
  })
})
