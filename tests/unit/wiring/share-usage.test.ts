import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SqlRegistryStore } from '../../../gateway/registry/index.ts'
import { UsageMeter, type MeteredCall } from '../../../gateway/usage/index.ts'
import { shareUsage, type SharedUsage } from '../../../gateway/wiring/share-usage.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { postgresDatabase, sqliteDatabase, type TestDatabase } from '../registry/registry-fixtures.ts'

const DAY_MS = 86_400_000

let folder: string
let postgres: PostgresServer
let meters = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-share-usage-'))
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const log = { info: () => {}, warn: () => {}, error: () => {} }

function call(consumer: string, fields: readonly string[] = ['Query.sales']): MeteredCall {
  return { consumer, operationHash: 'h1', operationName: 'Customers', coordinates: new Set(fields), rows: 2, failed: false, durationMs: 3 }
}

function makeMeter(clock: () => number = Date.now): UsageMeter {
  return new UsageMeter({ file: join(folder, `${meters += 1}.db`), clock })
}

/** A gateway as its registry sees it; counts are brought when the test says so. */
async function makeGateway(database: TestDatabase, meter = makeMeter()): Promise<{ meter: UsageMeter; usage: SharedUsage; store: SqlRegistryStore }> {
  const store = await SqlRegistryStore.open(database.connect())
  return { meter, store, usage: shareUsage({ meter, store: () => store, log, brings: true, everyMs: DAY_MS }) }
}

describe.each<[string, () => Promise<TestDatabase>]>([
  ['SQLite', sqliteDatabase],
  ['PostgreSQL', async () => await postgresDatabase(postgres.url)],
])('use of the graph, over all gateways of a registry on %s', (_name, createDatabase) => {
  it('counts what a consumer called on each of them, once', async () => {
    await using database = await createDatabase()
    const [one, other] = [await makeGateway(database), await makeGateway(database)]
    one.meter.record(call('bi'))
    other.meter.record(call('bi', ['Query.sales', 'SalesCustomer.name']))
    other.meter.record(call('app'))
    await one.usage.bring()
    await other.usage.bring()
    await other.usage.bring()
    const expected = [
      { consumer: 'bi', name: 'Customers', calls: 2, rows: 4, durationMs: 6, coordinates: new Set(['Query.sales', 'SalesCustomer.name']) },
      { consumer: 'app', calls: 1, coordinates: new Set(['Query.sales', 'SalesCustomer.name']) },
    ]
    expect(await one.usage.read(30)).toMatchObject(expected)
    expect(await other.usage.read(30)).toMatchObject(expected)
    one.meter.record(call('bi'))
    await one.usage.bring()
    expect(await other.usage.read(30)).toMatchObject([{ consumer: 'bi', calls: 3 }, { consumer: 'app', calls: 1 }])
  })

  it('keeps the counts of a gateway that is gone, and of one that was started again', async () => {
    await using database = await createDatabase()
    const file = join(folder, `${meters += 1}.db`)
    {
      using meter = new UsageMeter({ file })
      const gone = await makeGateway(database, meter)
      meter.record(call('bi'))
      await gone.usage[Symbol.asyncDispose]()
    }
    const other = await makeGateway(database)
    expect(await other.usage.read(30)).toMatchObject([{ consumer: 'bi', calls: 1 }])
    const again = await makeGateway(database, new UsageMeter({ file }))
    again.meter.record(call('bi'))
    await again.usage.bring()
    expect(await again.usage.read(30)).toMatchObject([{ consumer: 'bi', calls: 2 }])
    expect(await other.usage.read(30)).toMatchObject([{ consumer: 'bi', calls: 2 }])
  })

  it('reads the days that are asked for, and forgets those that are too old', async () => {
    await using database = await createDatabase()
    let nowMs = Date.now() - 500 * DAY_MS
    const one = await makeGateway(database, makeMeter(() => nowMs))
    one.meter.record(call('long ago'))
    nowMs = Date.now() - 10 * DAY_MS
    one.meter.record(call('lately'))
    await one.usage.bring()
    const other = await makeGateway(database)
    expect((await other.usage.read(30)).map(({ consumer }) => consumer)).toEqual(['lately'])
    expect(await other.usage.read(5)).toEqual([])
    expect((await other.usage.read(3_000)).map(({ consumer }) => consumer)).toEqual(['lately'])
  })

  it('brings more than is written in one go', async () => {
    await using database = await createDatabase()
    const [one, other] = [await makeGateway(database), await makeGateway(database)]
    const nowMs = Date.now()
    for (let index = 0; index < 450; index += 1) one.meter.record({ ...call(`c${index % 3}`), operationHash: `h${index}` })
    await one.usage.bring()
    const usage = await other.usage.read(1 + Math.ceil((Date.now() - nowMs) / DAY_MS))
    expect(usage).toHaveLength(450)
  })
})

describe('use of the graph, when the registry does not answer', () => {
  it('is what this gateway counted, and is brought when the registry answers', async () => {
    await using database = await sqliteDatabase()
    const store = await SqlRegistryStore.open(database.connect())
    const found: SqlRegistryStore[] = []
    const meter = makeMeter()
    await using usage = shareUsage({ meter, store: () => found[0], log, brings: true, everyMs: DAY_MS })
    meter.record(call('bi'))
    await usage.bring()
    expect(await usage.read(1)).toMatchObject([{ consumer: 'bi', calls: 1 }])
    found.push(store)
    await usage.bring()
    expect(await store.usage.readOthers('another', '2000-01-01')).toMatchObject([{ consumer: 'bi', calls: 1 }])
  })
})
