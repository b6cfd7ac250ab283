import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RepeatedKeys } from '../../../gateway/execute/repeated-keys.ts'

const isIn = (text: string): boolean => new RepeatedKeys().isIn(text, JSON.parse(text))

describe('keys that an answer has twice', () => {
  it.each([
    '{"data":{"a":1},"data":{"b":2}}',
    '{"data":{"a":{"x":1,"y":2,"x":3}}}',
    '{"data":{"list":[{"a":1},{"a":1,"a":1}]}}',
    '{ "data" : { "a" : 1 , "a" : 2 } }',
    '{"data":{"a\\"":1,"a\\"":2}}',
    '{"data":{"a":1,"\\u0061":2}}',
    '{"data":{"__proto__":1,"__proto__":2}}',
  ])('F15 are found in %s', (text) => {
    expect(isIn(text)).toBe(true)
  })

  it.each([
    '{"data":{"a":"b\\":","c":"\\\\"}}', '{"data":{"a":"x\\":\\"y","b":":"}}', '{"data":{"a":"\\n : \\" :"}}', '{"data":{"__proto__":{"__proto__":1}}}', '{"data":null}', '[]', '"a"', `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ])('are not in %s', (text) => {
    expect(isIn(text)).toBe(false)
  })

  it('are found whatever the texts and the white space, and nothing else is', () => {
    fc.assert(fc.property(fc.json({ depthSize: 'small' }), fc.constantFrom(undefined, 1, '\t'), (text, space) => {
      const value = JSON.parse(text) as unknown
      const written = JSON.stringify({ data: value }, undefined, space)
      expect(isIn(written)).toBe(false)
      expect(isIn(`${written.slice(0, -1)},"data":1}`)).toBe(true)
    }))
  })

  it('are looked for in the first answers, then in samples, and in all once one was found', () => {
    const keys = new RepeatedKeys()
    const [twice, once] = ['{"a":1,"a":2}', '{"a":1}']
    for (let times = 0; times < 32; times++) expect(keys.isIn(once, JSON.parse(once))).toBe(false)
    const found = Array.from({ length: 128 }, () => keys.isIn(twice, JSON.parse(twice)))
    expect(found.indexOf(true)).toBe(63)
    expect(found.slice(63).every(Boolean)).toBe(true)
  })
})
