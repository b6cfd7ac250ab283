import type { Principal } from '@polyseme/kit/identity'
import { describe, expect, it } from 'vitest'
import { takesCanary } from '../../../gateway/serve/index.ts'

const principal = (subject: string): Principal => ({ issuer: 'i', subject, scopes: new Set(), roles: [], claims: {}, expiresAtSec: 0 })
const CALLERS = Array.from({ length: 4_000 }, (_, index) => principal(`caller-${index}`))
const plain = { headers: {} }

describe('a canary', () => {
  it.each([1, 10, 50, 99])('is given to %i percent of the callers', (percent) => {
    const share = CALLERS.filter((caller) => takesCanary({ percent, sequence: 7 }, caller, plain)).length / CALLERS.length
    expect(Math.abs(share - percent / 100)).toBeLessThan(0.03)
  })

  it('stays with a caller, also when the share grows, and another canary draws anew', () => {
    const chosen = (percent: number, sequence: number): readonly string[] => CALLERS.filter((caller) => takesCanary({ percent, sequence }, caller, plain)).map(({ subject }) => subject)
    expect(chosen(20, 7)).toEqual(chosen(20, 7))
    const grown = new Set(chosen(40, 7))
    expect(chosen(20, 7).filter((subject) => !grown.has(subject))).toEqual([])
    expect(chosen(20, 8)).not.toEqual(chosen(20, 7))
  })

  it('is taken or left by the header, which anything else than always and never leaves to the share', () => {
    const [caller] = CALLERS
    if (caller === undefined) throw new TypeError('there are callers')
    const by = (value: string): boolean => takesCanary({ percent: 1, sequence: 1 }, caller, { headers: { 'x-polyseme-canary': value } })
    expect([by('always'), by('never'), by('maybe')]).toEqual([true, false, takesCanary({ percent: 1, sequence: 1 }, caller, plain)])
  })
})
