import { DuckDBInstance } from '@duckdb/node-api'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DataProduct, ProductProperty, ProductServer } from '@polyseme/kit/contract'
import { DuckDbSource, type StatementReport } from '@polyseme/kit/source'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'

let dataDir = ''

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-duckdb-'))
  await mkdir(join(dataDir, 'parts'), { recursive: true })
  await writeFile(join(dataDir, 'thing.csv'), 'code,amount,day,flag\n00123,1.50,2024-02-29,true\n00124,dirty,2024-13-01,\n')
  await writeFile(join(dataDir, 'thing.json'), '[{"code":"a","tags":["x","y"],"extra":{"n":1}},{"code":"b","tags":null,"extra":[1,2]}]')
  await writeFile(join(tmpdir(), 'polyseme-outside.csv'), 'secret\n42\n')
  const instance = await DuckDBInstance.create(join(dataDir, 'lake.duckdb'))
  const connection = await instance.connect()
  await connection.run('CREATE SCHEMA gold')
  await connection.run("CREATE TABLE gold.thing AS SELECT 'from the database' AS code")
  await connection.run(`COPY (SELECT 'part 1' AS code) TO '${join(dataDir, 'parts/thing-1.parquet')}' (FORMAT parquet)`)
  await connection.run(`COPY (SELECT 'part 2' AS code) TO '${join(dataDir, 'parts/thing-2.parquet')}' (FORMAT parquet)`)
  await connection.run(`COPY (SELECT range AS n FROM range(100000)) TO '${join(dataDir, 'numbers.parquet')}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
})

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
  await rm(join(tmpdir(), 'polyseme-outside.csv'), { force: true })
})

function product(properties: readonly ProductProperty[], server: ProductServer, physicalName = 'thing'): DataProduct {
  return dataProduct('lab', 'things', [productObject('lab', 'Thing', properties, { physicalName })], { servers: [server] })
}

const files = (format: 'parquet' | 'csv' | 'json', path: string): ProductServer => ({ kind: 'duckdb-files', name: 'files', format, path })

async function codesOf(server: ProductServer): Promise<readonly unknown[]> {
  await using source = await DuckDbSource.open({ products: [product([property('code', 'string')], server)], dataDir })
  return (await source.query({ text: 'SELECT code FROM "LabThing" ORDER BY code', values: [] })).flat()
}

const NUMBERS = files('parquet', '{object}.parquet')
const openNumbers = (onStatement?: (report: StatementReport) => void): Promise<DuckDbSource> =>
  DuckDbSource.open({ products: [product([property('n', 'bigint')], NUMBERS, 'numbers')], dataDir, threads: 1, connections: 2, ...(onStatement === undefined ? {} : { onStatement }) })

describe('DuckDbSource', () => {
  it.each([
    ['Parquet files by a pattern', files('parquet', 'parts/{object}-*.parquet'), ['part 1', 'part 2']],
    ['CSV, identifiers as they are written', files('csv', '{object}.csv'), ['00123', '00124']],
    ['JSON', files('json', '{object}.json'), ['a', 'b']],
    ['a schema of a database file', { kind: 'duckdb', name: 'lake', database: 'lake.duckdb', schema: 'gold' } as const, ['from the database']],
  ])('reads %s', async (_name, server, expected) => {
    expect(await codesOf(server)).toEqual(expected)
  })

  it('gives text the types of the contract; what does not fit is absent', async () => {
    const properties = [property('code', 'id'), property('amount', 'decimal'), property('day', 'date'), property('flag', 'boolean')]
    await using source = await DuckDbSource.open({ products: [product(properties, files('csv', '{object}.csv'))], dataDir })
    const rows = await source.query({ text: 'SELECT code, CAST(amount AS VARCHAR), CAST(day AS VARCHAR), flag FROM "LabThing" ORDER BY code', values: [] })
    expect(rows).toEqual([['00123', '1.50', '2024-02-29', true], ['00124', null, null, null]])
  })

  it('reads lists and nested values of JSON', async () => {
    const properties = [property('tags', 'string', { list: true }), property('extra', 'json')]
    await using source = await DuckDbSource.open({ products: [product(properties, files('json', '{object}.json'))], dataDir })
    const { dialect } = source
    const columns = source.tables.get('LabThing')?.columns
    const [tags, extra] = [columns?.get('tags'), columns?.get('extra')]
    if (tags === undefined || extra === undefined) throw new TypeError('no columns')
    const rows = await source.query({ text: `SELECT ${dialect.wire(tags, 'tags')}, ${dialect.wire(extra, 'extra')} FROM "LabThing"`, values: [] })
    expect(rows).toEqual([['["x","y"]', '{"n":1}'], [null, '[1,2]']])
  })

  it.each([
    ['a path above the data directory', files('csv', '../polyseme-outside.csv'), 'leaves the data directory'],
    ['an absolute path', files('csv', '/etc/passwd'), 'leaves the data directory'],
    ['files that are not there', files('parquet', 'nowhere/{object}.parquet'), 'has no data at nowhere/thing.parquet'],
    ['files that are something else', files('parquet', 'thing.csv'), 'cannot be opened'],
    ['a column that is not there', files('parquet', 'numbers.parquet'), 'has no column code; it has n'],
  ])('refuses %s', async (_name, server, reason) => {
    await expect(codesOf(server)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) as unknown })
  })

  it.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/hostname')",
    `SELECT * FROM read_csv('DATA_DIR/thing.csv')`,
    "COPY (SELECT 1) TO '/tmp/polyseme-written.csv'",
    "ATTACH '/tmp/polyseme-attached.duckdb'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    'SET threads = 64',
    "INSTALL httpfs",
    "SELECT * FROM 'https://example.com/x.parquet'",
  ])('once open, no statement reads anything but the contracts\' files or changes that: %s', async (text) => {
    await using source = await openNumbers()
    await expect(source.query({ text: text.replace('DATA_DIR', dataDir), values: [] })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })

  it('says of a failed statement what kind of failure it was, and no value', async () => {
    await using source = await openNumbers()
    const failed = source.query({ text: 'SELECT CAST($1 AS INTEGER)', values: ['secret value'] })
    await expect(failed).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: 'the statement failed: Conversion Error' })
  })

  it('streams rows in batches', async () => {
    await using source = await openNumbers()
    let batches = 0
    let sum = 0
    for await (const batch of source.stream({ text: 'SELECT CAST(n AS DOUBLE) FROM "LabThing"', values: [] })) {
      batches += 1
      for (const row of batch) sum += Number(row[0])
    }
    expect([batches > 10, sum]).toEqual([true, 4_999_950_000])
  })

  it('a stream that is left early gives its connection back', async () => {
    await using source = await openNumbers()
    for (let round = 0; round < 5; round += 1) {
      for await (const batch of source.stream({ text: 'SELECT n FROM "LabThing"', values: [] })) if (batch.length > 0) break
    }
    expect(await source.query({ text: 'SELECT 1', values: [] })).toEqual([[1]])
  })

  it('stops a statement in the engine when its signal aborts, and goes on with others', async () => {
    const reports: StatementReport[] = []
    await using source = await openNumbers((report) => reports.push(report))
    const aborting = new AbortController()
    const endless = source.query({ text: 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1', values: [] }, { signal: aborting.signal })
    setImmediate(() => aborting.abort())
    await expect(endless).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(await source.query({ text: 'SELECT 1', values: [] })).toEqual([[1]])
    expect(reports.map((report) => report.outcome)).toEqual(['failed', 'ok'])
  })

  it('a statement that waits for a connection is not run after its signal aborted', async () => {
    await using source = await openNumbers()
    const signal = AbortSignal.abort()
    await expect(source.query({ text: 'SELECT 1', values: [] }, { signal })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  it('a statement that waits for a connection gives up when its signal aborts', async () => {
    await using source = await openNumbers()
    const stopping = new AbortController()
    const endless = { text: 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1', values: [] }
    const running = [source.query(endless, { signal: stopping.signal }), source.query(endless, { signal: stopping.signal })]
    const waiting = new AbortController()
    const waited = source.query({ text: 'SELECT 1', values: [] }, { signal: waiting.signal })
    waiting.abort()
    await expect(waited).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    stopping.abort()
    expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await source.query({ text: 'SELECT 1', values: [] })).toEqual([[1]])
  })

  it('many who ask at once share the connections', async () => {
    await using source = await openNumbers()
    const answers = await Promise.all(Array.from({ length: 50 }, (_unused, index) => source.query({ text: `SELECT ${index}`, values: [] })))
    expect(answers.flat(2)).toEqual(Array.from({ length: 50 }, (_unused, index) => index))
  })

  it('closes after what is running, and refuses what comes later', async () => {
    const source = await openNumbers()
    const running = source.query({ text: 'SELECT count(*)::INTEGER FROM "LabThing" a, range(100) b', values: [] })
    const closed = source.close()
    expect(await running).toEqual([[10_000_000]])
    await closed
    await expect(source.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })

  it('prepares more statements than it keeps', async () => {
    await using source = await openNumbers()
    for (let index = 0; index < 600; index += 1) expect(await source.query({ text: `SELECT ${index}`, values: [] })).toEqual([[index]])
    expect(await source.query({ text: 'SELECT 0', values: [] })).toEqual([[0]])
  })
})
