import * as fc from 'fast-check'
import { findNearest } from '../../../gateway/cli/find-nearest.ts'
import { describe, expect, it } from 'vitest'

describe('findNearest', () => {
  it.each([
    ['tokne', 'token'],
    ['servee', 'serve'],
    ['dmeo', 'demo'],
    ['contract chekc', 'contract check'],
    ['xylophone', undefined],
    ['', undefined],
  ])('finds for %j %j', (word, nearest) => {
    expect(findNearest(word, ['demo', 'token', 'serve', 'contract check'])).toBe(nearest)
  })

  it('always finds a candidate itself', () => {
    fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), (candidates) => {
      for (const candidate of candidates) expect(findNearest(candidate, candidates)).toBe(candidate)
    }))
  })
})
