import { decodeEntityKey, encodeEntityKey } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('entity keys', () => {
  it('write numbers as they are and join the parts of a composite key', () => {
    expect(encodeEntityKey([17])).toBe('17')
    expect(encodeEntityKey([9_007_199_254_740_993n])).toBe('9007199254740993')
    expect(encodeEntityKey(['a b', 'c/d', 3])).toBe('a%20b/c%2Fd/3')
  })

  it('come back as they were, and no two keys become one', () => {
    const key = fc.array(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((part) => part.toWellFormed()),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(key, (parts) => {
        expect(decodeEntityKey(encodeEntityKey(parts))).toEqual(parts)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are none when a part is empty or badly encoded', () => {
    for (const text of ['', 'a/', '/a', 'a//b', '%', '%zz', '%C3']) expect(decodeEntityKey(text)).toBeUndefined()
  })
})
