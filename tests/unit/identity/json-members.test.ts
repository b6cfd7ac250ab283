import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { findSuspectMember } from '../../../shared/identity/json-members.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

it.each([
  ['{"a":1,"a":2}', { kind: 'duplicate', member: 'a' }],
  ['{"a":1,"\\u0061":2}', { kind: 'duplicate', member: 'a' }],
  ['{"":1,"":2}', { kind: 'duplicate', member: '' }],
  ['{"a":{"b":1},"c":[{"b":1,"b":2}]}', { kind: 'duplicate', member: 'b' }],
  ['{"a" \n:1,\t"a"\r:2}', { kind: 'duplicate', member: 'a' }],
  ['{"a\\"b":1,"a\\"b":2}', { kind: 'duplicate', member: 'a"b' }],
  ['{"\\u005f_proto__":1}', { kind: 'reserved', member: '__proto__' }],
  ['[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]', { kind: 'too-deep' }],
  ['{"a":"a","b":["a","a"],"c":{"a":"b"}}', undefined],
  ['{"a":"{\\"a\\":1,\\"a\\":2}"}', undefined],
  ['"a"', undefined],
])('finds in %s: %j', (text, finding) => expect(findSuspectMember(text)).toEqual(finding))

it('finds nothing in what JSON.stringify wrote, and every member that is written twice', () => {
  const names = fc.string({ unit: 'grapheme' }).filter(name => !['__proto__', 'constructor', 'prototype'].includes(name))
  const objects = fc.dictionary(names, fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string()), fc.dictionary(names, fc.string())), { minKeys: 1, noNullPrototype: true })
  fc.assert(
    fc.property(objects, fc.nat(), fc.integer({ min: 0, max: 2 }), (object, pick, indent) => {
      const text = JSON.stringify(object, null, indent)
      const keys = Object.keys(object)
      const again = keys[pick % keys.length] ?? ''
      expect(findSuspectMember(text)).toBeUndefined()
      expect(findSuspectMember(`{${JSON.stringify(again)}:0,${text.slice(text.indexOf('{') + 1)}`)).toEqual({ kind: 'duplicate', member: again })
    }),
  )
})

it('reads 100 KB in linear time', () => {
  const text = JSON.stringify({ a: '\\"'.repeat(50_000), b: Array.from({ length: 10_000 }, () => ' ') })
  expect(findSuspectMember(text)).toBeUndefined()
  expect(leastCpuMs(() => findSuspectMember(text))).toBeLessThan(100)
})
