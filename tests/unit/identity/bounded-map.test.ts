import { expect, it } from 'vitest'
import { BoundedMap } from '@polyseme/kit/identity'

it('keeps what was used last', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2])
  map.set('c', 4)
  expect([map.get('a'), map.get('c'), map.size]).toEqual([1, 4, 2])
})

it('needs a size', () => expect(() => new BoundedMap(0)).toThrow(TypeError))
