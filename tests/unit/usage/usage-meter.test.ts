import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { OTHER_CONSUMERS, OTHER_OPERATIONS, UsageMeter, type MeteredCall, type UsageMeterOptions } from '../../../gateway/usage/index.ts'

const CALL: MeteredCall = { consumer: 'bi', operationHash: 'h1', operationName: 'Customers', coordinates: new Set(['Query.hr', 'HrPerson.name']), rows: 10, failed: false, durationMs: 5 }
const DAY_MS = 86_400_000

async function makeMeter(options: Partial<UsageMeterOptions> = {}): Promise<{ meter: UsageMeter; file: string; clock: { nowMs: number } }> {
  const file = join(await mkdtemp(join(tmpdir(), 'polyseme-usage-')), 'usage.db')
  const clock = { nowMs: Date.parse('2026-03-10T12:00:00Z') }
  return { meter: new UsageMeter({ file, clock: () => clock.nowMs, ...options }), file, clock }
}

describe('the usage meter', () => {
  it('says that its file is damaged and what to do', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'polyseme-usage-')), 'usage.db')
    await writeFile(file, 'no database at all, but longer than the header of one would have to be to be taken for one')
    expect(() => new UsageMeter({ file })).toThrow(expect.objectContaining({ code: 'DATA_DIR_CORRUPT', message: `${file} cannot be opened; remove it, and usage is counted anew` }) as Error)
  })

  it('adds up what each consumer does with each operation', async () => {
    const { meter, clock } = await makeMeter()
    using _ = meter
    meter.record(CALL)
    clock.nowMs += 1_000
    meter.record({ ...CALL, failed: true, rows: 0 })
    meter.flush()
    meter.record(CALL)
    meter.record({ ...CALL, consumer: 'ana', coordinates: new Set(['Query.hr', 'PersonWhere.name']) })
    expect(meter.readUsage(1)).toEqual([
      { name: 'Customers', hash: 'h1', consumer: 'bi', coordinates: new Set(['HrPerson.name', 'PersonWhere.name', 'Query.hr']), calls: 3, failures: 1, rows: 20, durationMs: 15, lastSeenAt: '2026-03-10T12:00:01.000Z' },
      { name: 'Customers', hash: 'h1', consumer: 'ana', coordinates: new Set(['HrPerson.name', 'PersonWhere.name', 'Query.hr']), calls: 1, failures: 0, rows: 10, durationMs: 5, lastSeenAt: '2026-03-10T12:00:01.000Z' },
    ])
  })

  it('reads the last days only, and forgets what is older than it keeps', async () => {
    const { meter, file, clock } = await makeMeter({ retentionDays: 30 })
    meter.record(CALL)
    clock.nowMs += 5 * DAY_MS
    meter.record({ ...CALL, operationHash: 'h2', operationName: 'Others' })
    expect(meter.readUsage(1).map(({ name }) => name)).toEqual(['Others'])
    expect(meter.readUsage(5).map(({ name }) => name)).toEqual(['Others'])
    expect(meter.readUsage(6).map(({ name }) => name).sort()).toEqual(['Customers', 'Others'])
    meter[Symbol.dispose]()
    using later = new UsageMeter({ file, retentionDays: 30, clock: () => clock.nowMs + 27 * DAY_MS })
    expect(later.readUsage(400).map(({ name }) => name)).toEqual(['Others'])
  })

  it('keeps counts over a restart', async () => {
    const { meter, file, clock } = await makeMeter()
    meter.record(CALL)
    meter[Symbol.dispose]()
    using again = new UsageMeter({ file, clock: () => clock.nowMs })
    again.record(CALL)
    expect(again.readUsage(1)).toMatchObject([{ calls: 2 }])
  })

  it('is bounded in memory and in the file, whatever is sent', async () => {
    const { meter, file } = await makeMeter({ maxOperationsPerDay: 100 })
    using _ = meter
    for (let i = 0; i < 20_000; i++) meter.record({ ...CALL, operationHash: `h${i}`, operationName: `O${i}` })
    const usage = meter.readUsage(1)
    expect(usage).toHaveLength(101)
    expect(usage[0]).toMatchObject({ name: OTHER_OPERATIONS, coordinates: new Set(), calls: 19_900 })
    for (let i = 0; i < 50; i++) meter.record({ ...CALL, operationHash: `h${i}` })
    expect(meter.readUsage(1)).toHaveLength(101)
    const database = new DatabaseSync(file, { readOnly: true })
    expect(database.prepare('SELECT count(*) AS n FROM operations').get()).toEqual({ n: 101 })
    database.close()
  })

  it('is bounded in memory, however many consumers come at once', async () => {
    const { meter } = await makeMeter()
    using _ = meter
    for (let i = 0; i < 20_500; i++) meter.record({ ...CALL, consumer: `c${i}` })
    const usage = meter.readUsage(1)
    expect(usage).toHaveLength(20_001)
    expect(usage[0]).toMatchObject({ consumer: OTHER_CONSUMERS, name: OTHER_OPERATIONS, calls: 500 })
  })

  it('writes by itself, in turns that nobody has to wait for', async () => {
    const { meter, file } = await makeMeter({ flushMs: 1 })
    using _ = meter
    for (let i = 0; i < 1_000; i++) meter.record({ ...CALL, consumer: `c${i}` })
    using database = new DatabaseSync(file, { readOnly: true })
    await expect.poll(() => database.prepare('SELECT count(*) AS n FROM usage').get()?.['n'], { timeout: 10_000 }).toBe(1_000)
  })

  it('keeps counts that could not be written, and says so', async () => {
    const reported: unknown[] = []
    const { meter, file } = await makeMeter({ report: (error) => reported.push(error) })
    using _ = meter
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    meter.record(CALL)
    meter.flush()
    expect(reported).toHaveLength(1)
    other.exec('ROLLBACK')
    other.close()
    expect(meter.readUsage(1)).toMatchObject([{ calls: 1 }])
  })
})
