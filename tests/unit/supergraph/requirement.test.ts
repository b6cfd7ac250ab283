import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conjunction, implies, meets, type Requirement } from '../../../gateway/supergraph/index.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const
const requirement: fc.Arbitrary<Requirement> = fc.array(fc.subarray([...NAMES]), { maxLength: 4 })
const ALL_HOLDERS = Array.from({ length: 2 ** NAMES.length }, (_, bits) => new Set(NAMES.filter((_, index) => (bits >> index) % 2 === 1)))

describe('requirements', () => {
  it('one implies another exactly when every holder of it meets the other', () => {
    fc.assert(fc.property(requirement, requirement, (left, right) => {
      expect(implies(left, right)).toBe(ALL_HOLDERS.every((names) => !meets(names, left) || meets(names, right)))
    }), { numRuns: 2_000 })
  })

  it('joined are met exactly when all are met', () => {
    fc.assert(fc.property(fc.array(requirement, { maxLength: 3 }), (requirements) => {
      for (const names of ALL_HOLDERS) expect(meets(names, conjunction(requirements))).toBe(requirements.every((one) => meets(names, one)))
    }), { numRuns: 500 })
  })
})
