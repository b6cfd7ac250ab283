import { describe, expect, it } from 'vitest'
import { findTimes, isStarved } from '../../../gateway/supergraph/idle-process.ts'

const times = (ran: number, waited: number): { readonly ran: number; readonly waited: number } => ({ ran: ran * 1e6, waited: waited * 1e6 })

describe('a process that gets the processor only when nothing else wants it', () => {
  it.each([
    ['got next to nothing of a second', 1_000, times(20, 980), true],
    ['got nothing at all', 1_000, times(0, 1_000), true],
    ['waited with all of its threads', 1_000, times(100, 3_900), true],
    ['got a tenth, as one of low priority does', 1_000, times(110, 890), false],
    ['ran all the time', 1_000, times(1_000, 0), false],
    ['did not want it', 1_000, times(0, 0), false],
    ['wanted it for a moment', 1_000, times(1, 100), false],
    ['waited long, but was looked at late', 60_000, times(20, 2_000), false],
  ])('%s', (_what, passedMs, after, starved) => {
    expect(isStarved(times(0, 0), after, passedMs)).toBe(starved)
    expect(isStarved(times(5_000, 7_000), { ran: after.ran + 5_000e6, waited: after.waited + 7_000e6 }, passedMs)).toBe(starved)
  })

  it.runIf(process.platform === 'linux')('its times are those of all of its threads', () => {
    const before = findTimes(process.pid)
    const until = performance.now() + 50
    while (performance.now() < until);
    const after = findTimes(process.pid)
    if (before === undefined || after === undefined) throw new TypeError('this system does not tell')
    expect(after.ran + after.waited - before.ran - before.waited).toBeGreaterThan(40e6)
  })

  it('has no times when it has ended', () => {
    expect(findTimes(2 ** 22 + 1)).toBeUndefined()
  })
})
