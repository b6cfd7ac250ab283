import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../testkit/eventually.ts'

/** Until processes have started or are found out on a machine that has much else to do; what is waited for is a line of the log. */
const PATIENCE_MS = 100_000

const primary = spawn(process.execPath, [join(import.meta.dirname, 'pool-primary.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
const lines: string[] = []
let url = ''

beforeAll(async () => {
  createInterface(primary.stdout).on('line', (line) => lines.push(line))
  await eventually(async () => await Promise.resolve(expect(lines).not.toEqual([])), PATIENCE_MS)
  url = lines[0] ?? ''
}, PATIENCE_MS)

afterAll(() => primary.kill('SIGKILL'))

async function ask(path = '/'): Promise<string> {
  return await new Promise((resolve, reject) => {
    get(new URL(path, url), { agent: false, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => void text(response).then(resolve, reject)).on('error', reject)
  })
}

async function askTimes(count: number): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(Array.from({ length: count }, async () => await ask())))
}

const said = (event: string): readonly Record<string, unknown>[] => lines.slice(1).map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['event'] === event)

describe('a pool of workers', () => {
  it('hands connections to each in turn', async () => {
    expect(await askTimes(10)).toEqual(new Set(['1', '2']))
  })

  it('replaces one that ends, after a longer time each time', { timeout: 3 * PATIENCE_MS }, async () => {
    for (let times = 1; times <= 3; times++) {
      await ask('/end').catch(() => undefined)
      await eventually(async () => await Promise.resolve(expect(said('a worker took the place of one that ended')).toHaveLength(times)), PATIENCE_MS)
    }
    const ends = said('a worker ended; another takes its place')
    expect(ends).toMatchObject([{ how: 3 }, { how: 3 }, { how: 3 }])
    // Of one number: 50 to 100 ms, then 100 to 200, then 200 to 400.
    const waits = Map.groupBy(ends, ({ worker }) => worker)
    for (const [, { length }] of waits) expect(length).toBeGreaterThan(0)
    for (const series of waits.values()) for (const [index, { inMs }] of series.entries()) {
      expect(inMs).toBeGreaterThanOrEqual(50 * 2 ** index)
      expect(inMs).toBeLessThanOrEqual(100 * 2 ** index)
    }
    expect(await askTimes(10)).toEqual(new Set(['1', '2']))
  })

  it('T20 ends one whose event loop does not turn any more, while the others answer', { timeout: 2 * PATIENCE_MS }, async () => {
    const hung = ask('/hang').catch((error: unknown) => error instanceof Error && 'code' in error ? error.code : error)
    await eventually(async () => await Promise.resolve(expect(said('a worker hangs and is ended')).toMatchObject([{ silentSec: 6 }])), PATIENCE_MS)
    expect(await hung).toBe('ECONNRESET')
    await eventually(async () => expect(await askTimes(10)).toEqual(new Set(['1', '2'])), PATIENCE_MS)
  })

  it('ends with all of its workers', async () => {
    const ended = once(primary, 'exit')
    primary.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
