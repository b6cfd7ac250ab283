import * as fc from 'fast-check'
import { findNearestName } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'

describe('findNearestName', () => {
  it.each([
    ['tokne', 'token'],
    ['servee', 'serve'],
    ['dmeo', 'demo'],
    ['contract chekc', 'contract check'],
    ['xylophone', undefined],
    ['', undefined],
  ])('finds for %j %j', (word, nearest) => {
    expect(findNearestName(word, ['demo', 'token', 'serve', 'contract check'])).toBe(nearest)
  })

  it('always finds a name itself among words', () => {
    const word = fc.stringMatching(/^[a-z]{1,20}$/)
    fc.assert(fc.property(fc.uniqueArray(word, { minLength: 1 }), (names) => {
      for (const name of names) expect(findNearestName(name, names)).toBe(name)
    }))
  })
})
