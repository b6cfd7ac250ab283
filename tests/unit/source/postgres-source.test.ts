import { isDeepStrictEqual } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DataProduct, ProductProperty } from '@polyseme/kit/contract'
import { openSource, PostgresSource, type StatementReport } from '@polyseme/kit/source'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { eventually } from '../../testkit/eventually.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
  const client = new Client(server.url)
  await client.connect()
  await client.query(`CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE thing (id uuid, code char(5), mood mood, amount money, day timestamptz, tags text[]);
    INSERT INTO thing VALUES ('00000000-0000-0000-0000-000000000001', 'ab', 'good', 12.5, '2024-02-29 10:00:00+02', '{x,NULL,"a,b"}');
    CREATE TABLE numbers AS SELECT n FROM generate_series(1, 100000) n`)
  await client.end()
})

afterAll(() => server.stop())

function product(properties: readonly ProductProperty[], physicalName: string): DataProduct {
  const { host, port } = server
  return dataProduct('lab', 'things', [productObject('lab', 'Thing', properties, { physicalName })], {
    servers: [{ kind: 'postgres', name: 'test', host, port, database: 'postgres', schema: 'public' }],
  })
}

const access = { user: 'postgres' }
const openNumbers = (onStatement?: (report: StatementReport) => void): Promise<PostgresSource> =>
  PostgresSource.open({ products: [product([property('n', 'integer')], 'numbers')], access, connections: 2, ...(onStatement === undefined ? {} : { onStatement }) })

describe('PostgresSource', () => {
  it('casts columns whose type is not the contract\'s', async () => {
    const properties = [property('id', 'id'), property('code', 'string'), property('mood', 'enum', { values: [{ name: 'GOOD', value: 'good' }] }), property('amount', 'decimal'), property('day', 'timestamp'), property('tags', 'string', { list: true })]
    await using source = await PostgresSource.open({ products: [product(properties, 'thing')], access })
    const table = source.tables.get('LabThing')
    if (table === undefined) throw new TypeError('no table')
    const select = properties.map((entry) => {
      const column = table.columns.get(entry.name)
      if (column === undefined) throw new TypeError(entry.name)
      return source.dialect.wire(column, `"${entry.name}"`)
    })
    expect(await source.query({ text: `SELECT ${select.join(', ')} FROM ${table.relation} AS t`, values: [] })).toEqual([
      ['00000000-0000-0000-0000-000000000001', 'ab', 'good', '12.50', '2024-02-29T08:00:00Z', '["x", null, "a,b"]'],
    ])
  })

  it.each([
    ['a table that is not there', 'nowhere', 'has no table "public"."nowhere"'],
    ['a column that is not there', 'thing', 'has no column n; it has id, code, mood, amount, day, tags'],
  ])('refuses %s', async (_name, physicalName, reason) => {
    await expect(PostgresSource.open({ products: [product([property('n', 'integer')], physicalName)], access })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) as unknown })
  })

  it('refuses a server that is not there, without a word about the user', async () => {
    const unreachable = product([property('n', 'integer')], 'numbers')
    const products = [{ ...unreachable, servers: [{ kind: 'postgres', name: 'test', host: '127.0.0.1', port: 1, database: 'x', schema: 'public' } as const] }]
    await expect(PostgresSource.open({ products, access: { user: 'someone', password: 'secret' } })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'the database x cannot be opened: ECONNREFUSED' })
  })

  it.each([0, 1, 50, 51, 100, 101, 220])('writes a JSON object of %i members, more than a function has arguments for', async (count) => {
    await using source = await openNumbers()
    const names = Array.from({ length: count }, (_unused, index) => `m${index}`)
    const text = `SELECT ${source.dialect.jsonObject(names.map((name, index) => ({ name, value: index % 2 === 0 ? String(index) : "CAST('{\"}' AS text)" })))}`
    const [row = []] = await source.query({ text, values: [] })
    expect(JSON.parse(String(row[0]))).toEqual(Object.fromEntries(names.map((name, index) => [name, index % 2 === 0 ? index : '{"}'])))
  })

  it('writes nothing', async () => {
    await using source = await openNumbers()
    await expect(source.query({ text: 'DELETE FROM numbers', values: [] })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: 'the statement failed: SQLSTATE 25006' })
  })

  it('streams rows by a cursor, and gives its connection back when it is left early', async () => {
    await using source = await openNumbers()
    let sum = 0
    for await (const batch of source.stream({ text: 'SELECT n::float8 FROM numbers', values: [] })) for (const row of batch) sum += Number(row[0])
    expect(sum).toBe(5_000_050_000)
    for (let round = 0; round < 4; round += 1) {
      for await (const batch of source.stream({ text: 'SELECT n FROM numbers', values: [] })) if (batch.length > 0) break
    }
    expect(await source.query({ text: 'SELECT 1::float8', values: [] })).toEqual([[1]])
  })

  it('stops a statement in the server when its signal aborts', async () => {
    const reports: StatementReport[] = []
    await using source = await openNumbers((report) => reports.push(report))
    const aborting = new AbortController()
    const endless = source.query({ text: 'SELECT pg_sleep(60)', values: [] }, { signal: aborting.signal })
    const ended = expect(endless).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await untilActive(source)
    aborting.abort()
    await ended
    await eventually(async () => expect(await source.query({ text: "SELECT count(*)::float8 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'", values: [] })).toEqual([[0]]))
    expect(reports.filter((report) => report.outcome === 'failed')).toHaveLength(1)
  })

  const PREPARED = { text: "SELECT count(*)::float8 FROM pg_prepared_statements WHERE name LIKE 'polyseme%'", values: [] }

  it('prepares what is asked again, keeps so many of it and gives up the longest unused', async () => {
    await using source = await PostgresSource.open({ products: [product([property('n', 'integer')], 'numbers')], access, connections: 1, preparedStatements: 3 })
    const ask = (n: number): Promise<unknown> => source.query({ text: `SELECT ${n}::float8 + $1::float8`, values: [String(n)] })
    for (let n = 0; n < 50; n += 1) expect(await ask(n)).toEqual([[2 * n]])
    const prepared = async (): Promise<unknown> => {
      for await (const rows of source.stream(PREPARED)) return rows
      return undefined
    }
    expect(await prepared()).toEqual([[0]])
    for (let round = 0; round < 3; round += 1) for (let n = 0; n < 20; n += 1) expect(await ask(n)).toEqual([[2 * n]])
    expect(await prepared()).toEqual([[3]])
    for await (const rows of source.stream({ text: "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'polyseme%' ORDER BY 1", values: [] })) {
      expect(rows).toEqual([17, 18, 19].map((n) => [`SELECT ${n}::float8 + $1::float8`]))
    }
  })

  it('answers a prepared statement whose table has another type now, and one that the server forgot', async () => {
    await using source = await PostgresSource.open({ products: [product([property('n', 'integer')], 'numbers')], access, connections: 1 })
    const client = new Client(server.url)
    await client.connect()
    await client.query('CREATE TABLE changing AS SELECT 1::int4 AS n')
    const statement = { text: 'SELECT c.n FROM changing AS c', values: [] }
    for (let round = 0; round < 3; round += 1) expect(await source.query(statement)).toEqual([[1]])
    await client.query('ALTER TABLE changing ALTER n TYPE float8')
    await client.end()
    for (let round = 0; round < 3; round += 1) expect(await source.query(statement)).toEqual([[1]])
    await source.query({ text: 'DEALLOCATE ALL', values: [] })
    for (let round = 0; round < 3; round += 1) expect(await source.query(statement)).toEqual([[1]])
  })

  it('outlives a connection that the server ends while it is held, between two of its answers', async () => {
    await using source = await openNumbers()
    const rows = source.stream({ text: 'SELECT n FROM numbers', values: [] })[Symbol.asyncIterator]()
    expect((await rows.next()).done).toBe(false)
    const client = new Client(server.url)
    await client.connect()
    const ended = "SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity WHERE application_name = 'polyseme'"
    await eventually(async () => expect((await client.query<{ n: number }>(ended)).rows).toEqual([{ n: 0 }]))
    await client.end()
    await expect((async () => { while ((await rows.next()).done !== true); })()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    expect(await source.query({ text: 'SELECT 1::float8', values: [] })).toEqual([[1]])
  })

  it('outlives connections that the server ends', async () => {
    await using source = await openNumbers()
    await source.ping()
    const client = new Client(server.url)
    await client.connect()
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'polyseme'")
    await client.end()
    // A statement on a connection whose end has not arrived yet fails; none after it does.
    await eventually(async () => expect(await source.query({ text: 'SELECT 1::float8', values: [] })).toEqual([[1]]))
  })
})

async function untilActive(source: PostgresSource): Promise<void> {
  const text = "SELECT count(*)::float8 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
  while (!isDeepStrictEqual(await source.query({ text, values: [] }), [[1]])) await new Promise((resolve) => setImmediate(resolve))
}

describe('openSource', () => {
  it('refuses products of one domain in two kinds of source', async () => {
    const inFiles = dataProduct('lab', 'others', [], { servers: [{ kind: 'duckdb-files', name: 'files', format: 'parquet', path: 'x.parquet' }] })
    await expect(openSource({ products: [product([property('n', 'integer')], 'numbers'), inFiles], dataDir: '/nowhere' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('urn:dataproduct:lab:others:1') as unknown,
    })
  })
})
