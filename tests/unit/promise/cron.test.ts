import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findNextRun, parseCron } from '../../../shared/promise/cron.ts'

const SEED = Number(process.env['POLYSEME_SEED'] ?? 20_260_101)
const MINUTE_MS = 60_000

function nextAfter(text: string, after: string): string | undefined {
  const schedule = parseCron(text)
  const next = schedule === undefined ? undefined : findNextRun(schedule, Date.parse(after))
  return next === undefined ? undefined : new Date(next).toISOString().slice(0, 16)
}

describe('cron', () => {
  it.each([
    ['* * * * *', '2026-01-10T10:20:30Z', '2026-01-10T10:21'],
    ['0 4 * * *', '2026-01-10T04:00:00Z', '2026-01-11T04:00'],
    ['*/15 9-17 * * 1-5', '2026-01-09T17:50:00Z', '2026-01-12T09:00'],
    ['5/20 * * * *', '2026-01-10T10:26:00Z', '2026-01-10T10:45'],
    ['0 0 29 2 *', '2026-01-10T00:00:00Z', '2028-02-29T00:00'],
    ['0 12 1,15 jan,JUL *', '2026-01-15T12:00:00Z', '2026-07-01T12:00'],
    ['0 0 13 * fri', '2026-01-10T00:00:00Z', '2026-01-13T00:00'],
    ['0 0 * * 7', '2026-01-10T00:00:00Z', '2026-01-11T00:00'],
    ['@hourly', '2026-01-10T10:20:30Z', '2026-01-10T11:00'],
    ['@yearly', '2026-01-10T10:20:30Z', '2027-01-01T00:00'],
    ['  0   4 * * monday ', '2026-01-10T10:20:30Z', '2026-01-12T04:00'],
  ])('%s after %s is %s', (text, after, expected) => {
    expect(nextAfter(text, after)).toBe(expected)
  })

  it.each(['', '0 4 * *', '0 4 * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '5-1 * * * *', '*/0 * * * *', '0 0 31 2 *', '0 0 30 2 *', 'every day', '@reboot', '0 20, 4 * * *', '1 2 3 4 5; rm', '@__proto__', '-1 * * * *', '* * * foo *'])('does not read %j', (text) => {
    expect(parseCron(text)).toBeUndefined()
  })

  const field = (min: number, max: number, step: number) =>
    fc.oneof(
      fc.constant({ text: '*', values: undefined }),
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((values) => ({ text: values.join(','), values })),
      fc.integer({ min, max: max - step }).map((from) => ({ text: `${from}-${from + step}/${step}`, values: [from, from + step] })),
    )

  it('finds the first minute that all fields allow, as stepping through the minutes does', () => {
    const schedule = fc.record({ minute: field(0, 59, 7), hour: field(0, 23, 5), day: field(1, 28, 3), month: field(1, 12, 2), weekday: field(0, 6, 2) })
    const after = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) })
    fc.assert(
      fc.property(schedule, after, ({ minute, hour, day, month, weekday }, afterMs) => {
        const parsed = parseCron([minute, hour, day, month, weekday].map(({ text }) => text).join(' '))
        const found = parsed === undefined ? undefined : findNextRun(parsed, afterMs)
        const isDue = (atMs: number): boolean => {
          const at = new Date(atMs)
          const has = ({ values }: { readonly values: readonly number[] | undefined }, value: number): boolean => values === undefined || values.includes(value)
          const days = [has(day, at.getUTCDate()), has(weekday, at.getUTCDay())]
          const isDay = day.values === undefined || weekday.values === undefined ? days.every(Boolean) : days.some(Boolean)
          return isDay && has(minute, at.getUTCMinutes()) && has(hour, at.getUTCHours()) && has(month, at.getUTCMonth() + 1)
        }
        expect(found).toBeDefined()
        expect(isDue(found ?? 0)).toBe(true)
        // Stepping through years of minutes takes long; the last two days before it are where a mistake would show.
        const from = Math.max(Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS, (found ?? 0) - 2 * 86_400_000)
        for (let atMs = from; atMs < (found ?? 0); atMs += MINUTE_MS) if (isDue(atMs)) expect(new Date(atMs).toISOString()).toBe(new Date(found ?? 0).toISOString())
      }),
      { seed: SEED, numRuns: 300 },
    )
  })
})
