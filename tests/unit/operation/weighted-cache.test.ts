import { describe, expect, it } from 'vitest'
import { WeightedCache } from '../../../gateway/operation/index.ts'

describe('a weighted cache', () => {
  it('forgets what was used longest ago when there are too many', () => {
    const cache = new WeightedCache<string, number>(2)
    cache.set('a', 1)
    cache.set('b', 2)
    cache.get('a')
    cache.set('c', 3)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
  })

  it('forgets as many as the weight of a new one needs', () => {
    const cache = new WeightedCache<string, number>(10, 100)
    for (const key of ['a', 'b', 'c']) cache.set(key, 1, 30)
    cache.set('d', 1, 60)
    expect(cache.statistics).toMatchObject({ entries: 2, weight: 90 })
    expect(cache.get('c')).toBe(1)
  })

  it('replaces a key without counting it twice, and keeps nothing that is too heavy alone', () => {
    const cache = new WeightedCache<string, number>(10, 100)
    cache.set('a', 1, 50)
    cache.set('a', 2, 70)
    expect(cache.statistics).toMatchObject({ entries: 1, weight: 70 })
    cache.set('a', 3, 101)
    expect(cache.statistics).toMatchObject({ entries: 0, weight: 0 })
  })

  it('refuses a size that is none', () => {
    expect(() => new WeightedCache(0)).toThrow(TypeError)
  })
})
