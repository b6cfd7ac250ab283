import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { PromiseKeeper, PromiseStore, type PromiseKeeperOptions, type PromiseNotice } from '@polyseme/kit/promise'
import type { Source } from '@polyseme/kit/source'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { Lab, labContract } from './promise-lab.ts'

const START_MS = Date.UTC(2026, 0, 10, 10, 30)
const HOUR_MS = 3_600_000
const CONTRACT = labContract({
  rules: ['{ metric: rowCount, mustBe: 2 }', '{ id: nightly, metric: rowCount, mustBeGreaterThan: 0, schedule: "0 4 * * *", scheduler: cron }', '{ type: text, description: For people. }'],
})
const [URN] = [CONTRACT.urn]

let server: PostgresServer
let lab: Lab
let source: Source

beforeAll(async () => {
  server = await startPostgres()
  lab = await Lab.fill('DuckDB', server, { orders: ["1, 'a', 1, 1, NULL, NULL, true", "2, 'b', 1, 1, NULL, NULL, true"] })
  source = await lab.open(CONTRACT)
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await server.stop()
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: START_MS })
})

afterEach(() => {
  vi.useRealTimers()
})

interface Kept {
  readonly keeper: PromiseKeeper
  readonly store: PromiseStore
  readonly notices: PromiseNotice[]
}

function keep(more: Partial<PromiseKeeperOptions> = {}): Kept {
  const notices: PromiseNotice[] = []
  const store = more.store ?? PromiseStore.inMemory()
  const keeper = new PromiseKeeper({ products: [CONTRACT], source, store, random: () => 0, report: (notice) => notices.push(notice), ...more })
  return { keeper, store, notices }
}

/** When each promise was measured last, in minutes since the start. */
function measuredAt({ store }: Kept): Record<string, number> {
  return Object.fromEntries([...store.resultsOf(URN).values()].map(({ id, measuredAtMs }) => [id, (measuredAtMs - START_MS) / 60_000]))
}

/** Lets the time pass, and what became due then be measured. */
async function pass(kept: Kept, ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await kept.keeper.whenIdle()
}

describe('PromiseKeeper', () => {
  it('measures soon after the start, then hourly, and on the contract\'s own schedule', async () => {
    const kept = keep()
    kept.keeper.start()
    await pass(kept, 9_000)
    expect(measuredAt(kept)).toEqual({})
    await pass(kept, 2_000)
    expect(measuredAt(kept)).toEqual({ 'Order/rowCount': expect.closeTo(0.18, 1), 'Order/nightly': expect.closeTo(0.18, 1) })
    await pass(kept, HOUR_MS)
    expect(measuredAt(kept)['Order/rowCount']).toBeGreaterThan(60)
    expect(measuredAt(kept)['Order/nightly']).toBeLessThan(1)
    for (let hour = 1; hour < 17; hour += 1) await pass(kept, HOUR_MS)
    expect(measuredAt(kept)['Order/nightly']).toBeLessThan(1)
    await pass(kept, HOUR_MS / 2)
    expect(measuredAt(kept)['Order/nightly']).toBeCloseTo(17.5 * 60, 0)
    await kept.keeper.stop()
  })

  it('does not measure again at a restart what is still fresh', async () => {
    const first = keep()
    await first.keeper.measureAll()
    await first.keeper.stop()
    const kept = keep({ store: first.store })
    kept.keeper.start()
    await pass(kept, 0.9 * HOUR_MS)
    expect(measuredAt(kept)['Order/rowCount']).toBe(0)
    await pass(kept, 0.1 * HOUR_MS)
    expect(measuredAt(kept)['Order/rowCount']).toBeCloseTo(60, 0)
    await kept.keeper.stop()
  })

  it('spreads its runs over a tenth of their interval', async () => {
    const kept = keep({ random: () => 1 })
    kept.keeper.start()
    await pass(kept, 21_000)
    await pass(kept, HOUR_MS)
    expect(measuredAt(kept)['Order/rowCount']).toBeLessThan(1)
    await pass(kept, 300_000)
    expect(measuredAt(kept)['Order/rowCount']).toBeGreaterThan(64)
    await kept.keeper.stop()
  })

  it('measures all on demand, once for those who ask while it waits', async () => {
    const kept = keep()
    lab.statements.length = 0
    const asked = [kept.keeper.measureAll(), kept.keeper.measureAll()]
    const [first, second] = await Promise.all(asked)
    expect(first).toBe(second)
    expect(first?.map(({ id, state, measured }) => [id, state, measured])).toEqual([['Order/rowCount', 'KEPT', 2], ['Order/nightly', 'KEPT', 2]])
    expect(lab.statements).toHaveLength(1)
  })

  it('tells when a promise breaks and when it is kept again, once each', async () => {
    const kept = keep()
    await kept.keeper.measureAll()
    const broken = labContract({ rules: ['{ metric: rowCount, mustBe: 3 }'] })
    const other = keep({ products: [broken], store: kept.store, report: (notice) => kept.notices.push(notice) })
    await other.keeper.measureAll()
    await other.keeper.measureAll()
    await kept.keeper.measureAll()
    expect(kept.notices).toEqual([{ kind: 'broken', urn: URN, id: 'Order/rowCount' }, { kind: 'kept-again', urn: URN, id: 'Order/rowCount' }])
  })

  it('takes a connection of its own, so that queries are answered while it measures', async () => {
    vi.useRealTimers()
    await using busy = await lab.open(CONTRACT)
    const slow = labContract({ rules: ['{ type: sql, query: "SELECT count(*) FROM orders a, orders b, orders c, orders d, orders e, orders f, orders g, orders h, orders i, orders j, orders k, orders l, orders m, orders n, orders o, orders p, orders q, orders r, orders s, orders t, orders u, orders v, orders w, orders x WHERE a.amount + x.amount < 0", mustBe: 0 }'] })
    const kept = keep({ products: [slow], source: busy, statementTimeoutMs: 30_000 })
    const measuring = kept.keeper.measureAll()
    for (let round = 0; round < 5; round += 1) expect(await busy.query({ text: 'SELECT 1', values: [] })).toEqual([[1]])
    await kept.keeper.stop()
    expect(await measuring).toEqual([])
  })

  it('gives up a statement after its time, and says so', async () => {
    vi.useRealTimers()
    const slow = labContract({ rules: [`{ id: slow, type: sql, query: "SELECT count(*) FROM ${'abcdefghijklmnopqrstuvwxyz'.split('').map((name) => `orders ${name}_`).join(', ')} WHERE a_.amount + z_.amount < 0", mustBe: 0 }`, '{ metric: rowCount, mustBe: 2 }'] })
    const kept = keep({ products: [slow], statementTimeoutMs: 200 })
    const results = await kept.keeper.measureAll()
    expect(results.map(({ id, state, reason }) => [id, state, reason])).toEqual([
      ['Order/slow', 'UNKNOWN', 'the statement took longer than 0.2 s'],
      ['Order/rowCount', 'KEPT', undefined],
    ])
  })

  it('tells that a run failed, and tries again at the next', async () => {
    const kept = keep({ source: { ...source, withOwnConnection: () => { throw new TypeError('no connection') } } })
    kept.keeper.start()
    await pass(kept, 11_000)
    await pass(kept, HOUR_MS + 1_000)
    expect(kept.notices).toEqual([{ kind: 'failed', message: 'no connection' }, { kind: 'failed', message: 'no connection' }])
    await kept.keeper.stop()
  })
})
