import { parseContract, type DataProduct } from '@polyseme/kit/contract'
import { DuckDbSource, PostgresSource } from '@polyseme/kit/source'
import { DuckDBInstance } from '@duckdb/node-api'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'

let dir = ''

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'polyseme-from-data-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE customers AS SELECT i::INTEGER AS customer_id, 'SC-' || lpad(i::VARCHAR, 6, '0') AS account_number, lpad((i % 90)::VARCHAR, 5, '0') AS postal_code,
      ['EMEA', 'AMER', 'APAC'][1 + i % 3] AS region, CASE WHEN i % 10 = 0 THEN NULL ELSE 'user' || i || '@example.com' END AS email, (i * 1.25)::DECIMAL(12,2) AS balance,
      DATE '2026-01-01' + (i % 100)::INTEGER AS since, TIMESTAMPTZ '2026-01-01 10:00:00+00' + INTERVAL (i) MINUTE AS updated_at, i % 2 = 0 AS active, [i, i + 1] AS scores, {'a': i} AS details
    FROM range(1, 301) t(i)`)
  await connection.run(
    `CREATE TABLE orders AS SELECT i AS order_id, (1 + i % 300)::INTEGER AS customer_id, (i % 7 + 1)::INTEGER AS line_no, i * 10 AS total FROM range(1, 1001) t(i)`,
  )
  await connection.run(
    `CREATE TABLE order_lines AS SELECT (1 + i // 3) AS order_id, (i % 3)::INTEGER AS line_no, 'x' AS product FROM range(0, 900) t(i)`,
  )
  for (const name of ['customers', 'orders', 'order_lines'])
    await connection.run(`COPY ${name} TO '${dir}/${name}.parquet' (FORMAT parquet)`)
  await connection.run(`COPY (SELECT * EXCLUDE (scores, details) FROM customers) TO '${dir}/customers.csv' (HEADER)`)
  await connection.run(`COPY (SELECT * EXCLUDE (updated_at) FROM customers) TO '${dir}/customers.json' (FORMAT json)`)
  connection.closeSync()
  instance.closeSync()
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env: {},
    cwd: dir,
    signal: new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

function productOf(text: string): DataProduct {
  const result = parseContract(text, { file: 'draft' })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  expect(result.warnings).toEqual([])
  return result.value
}

function typesOf(product: DataProduct, object: string): Readonly<Record<string, string>> {
  const found = product.objects.find(({ name }) => name === object)
  return Object.fromEntries((found?.properties ?? []).map(({ field, type, list }) => [field, list ? `[${type}]` : type]))
}

describe('polyseme contract from-data', () => {
  it.each([
    ['', 'csv', 'is empty; its first line has to name the columns'],
    [' \n\n', 'csv', 'is empty; its first line has to name the columns'],
    ['', 'json', 'is empty'],
    ['a,b\n1\n1,2,3\n', 'csv', 'has lines with more or fewer columns than its first line names'],
    ['a,b\n1,2,3\n4,5,6\n', 'csv', 'has lines with more or fewer columns than its first line names'],
    ['a,b\n1,2\n3\n', 'csv', 'has lines with more or fewer columns than its first line names'],
  ])('refuses %j as %s rather than leaving out its header and rows', async (text, extension, message) => {
    const file = `refused.${extension}`
    writeFileSync(join(dir, file), text)
    expect(await run('contract', 'from-data', file, '--domain', 'sales')).toMatchObject({ code: 1, err: expect.stringContaining(`${file} ${message}`) as string })
    rmSync(join(dir, file))
  })

  it.each(['a,b\n', '\n\na,b\n1,2\n', '# of 2026\na,b\n1,2\n', 'a;b\n1,5;2\n', '\uFEFFa,b\n1,2\n', '"a","b"\r\n"1\n",2\r\n'])('takes %j', async (text) => {
    writeFileSync(join(dir, 'taken.csv'), text)
    const { out } = await run('contract', 'from-data', 'taken.csv', '--domain', 'sales')
    expect(Object.keys(typesOf(productOf(out), 'Taken'))).toEqual(['a', 'b'])
    rmSync(join(dir, 'taken.csv'))
  })

  it('drafts a contract from Parquet files that the subgraph can read as it is', async () => {
    const { code, out, err } = await run(
      'contract',
      'from-data',
      'customers.parquet',
      'orders.parquet',
      'order_lines.parquet',
      '--domain',
      'sales',
    )
    expect(code).toBe(0)
    expect(err).toMatch(/^3 tables; look at \d+ places that say REVIEW$/)
    const product = productOf(out)
    expect(typesOf(product, 'Customer')).toEqual({
      customerId: 'integer',
      accountNumber: 'string',
      postalCode: 'string',
      region: 'enum',
      email: 'string',
      balance: 'decimal',
      since: 'date',
      updatedAt: 'timestamp',
      active: 'boolean',
      scores: '[bigint]',
      details: 'json',
    })
    expect(product.objects.map(({ keys }) => keys)).toEqual([[['customerId'], ['accountNumber']], [['orderId']], [['orderId', 'lineNo']]])
    expect(product.objects.map(({ relationships }) => relationships.map(({ field }) => field))).toEqual([
      ['orders'],
      ['customer', 'orderLines'],
      ['order'],
    ])
    await using source = await DuckDbSource.open({ products: [product], dataDir: dir })
    expect(await source.query({ text: 'SELECT count(*)::INTEGER, sum(balance)::VARCHAR FROM "SalesCustomer"', values: [] })).toEqual([
      [300, '56437.50'],
    ])
  })

  it('sees in a CSV file what its text is, leading zeros kept', async () => {
    const { out } = await run('contract', 'from-data', 'customers.csv', '--domain', 'sales')
    const product = productOf(out)
    expect(typesOf(product, 'Customer')).toEqual({
      customerId: 'integer',
      accountNumber: 'string',
      postalCode: 'string',
      region: 'enum',
      email: 'string',
      balance: 'decimal',
      since: 'date',
      updatedAt: 'timestamp',
      active: 'boolean',
    })
    await using source = await DuckDbSource.open({ products: [product], dataDir: dir })
    expect(
      await source.query({
        text: 'SELECT postal_code, balance::DOUBLE, since::VARCHAR, active FROM "SalesCustomer" WHERE customer_id = 7',
        values: [],
      }),
    ).toEqual([['00007', 8.75, '2026-01-08', false]])
  })

  it('reads JSON files', async () => {
    const { out } = await run('contract', 'from-data', 'customers.json', '--domain', 'sales')
    expect(typesOf(productOf(out), 'Customer')).toMatchObject({ customerId: 'bigint', region: 'enum', scores: '[bigint]', details: 'json' })
  })

  it('marks personal data and shows none of it', async () => {
    const { out } = await run('contract', 'from-data', 'customers.parquet')
    expect(out).toMatch(
      /# REVIEW: likely personal data \(e-mail addresses, by its name and 100 % of its values\); confirm the classification\n {6}- name: email/,
    )
    expect(out).not.toContain('@example.com')
  })

  it('writes a file that is not there yet, and keeps one that is', async () => {
    const first = await run('contract', 'from-data', 'orders.parquet', '--out', 'orders.odcs.yaml')
    expect(first).toMatchObject({ code: 0, out: '' })
    const written = readFileSync(join(dir, 'orders.odcs.yaml'), 'utf8')
    expect(productOf(written).objects).toHaveLength(1)
    expect(await run('contract', 'from-data', 'orders.parquet', '--out', 'orders.odcs.yaml')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already'),
    })
    expect(readFileSync(join(dir, 'orders.odcs.yaml'), 'utf8')).toBe(written)
    expect(await run('contract', 'check', 'orders.odcs.yaml')).toMatchObject({ code: 0 })
  })

  it('prints JSON on demand', async () => {
    const { out, err } = await run('contract', 'from-data', 'orders.parquet', '--json', '--name', 'My Orders')
    const answer = JSON.parse(out) as { contract: string; reviews: number }
    expect(productOf(answer.contract).name).toBe('my-orders')
    expect(answer.reviews).toBe(answer.contract.split('# REVIEW').length - 1)
    expect(err).toBe('')
  })

  it.each([
    [['nowhere.csv'], /there is no file nowhere\.csv/],
    [['customers.csv', 'orders.parquet'], /are not in one folder and of one format/],
    [['notes.txt'], /is no data file/],
    [['broken.parquet'], /the data can't be read/],
    [['.'], /has files of several formats/],
    [['postgres://127.0.0.1:1/nowhere'], /^error CONFIG_INVALID: the database at 127\.0\.0\.1 can't be read: ECONNREFUSED$/],
    [['postgres://'], /not of the form postgres:\/\//],
  ])('says in one line why %j gives no contract', async (args, message) => {
    writeFileSync(join(dir, 'notes.txt'), 'x')
    writeFileSync(join(dir, 'broken.parquet'), 'not a parquet file')
    const { code, out, err } = await run('contract', 'from-data', ...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(message)
    expect(err.split('\n')).toHaveLength(1)
    rmSync(join(dir, 'broken.parquet'))
  })

  it('asks for data when it is given none', async () => {
    expect(await run('contract', 'from-data')).toMatchObject({ code: 2 })
  })
})

describe('polyseme contract from-data over PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query(`
      CREATE SCHEMA crm;
      CREATE TYPE crm.mood AS ENUM ('glad', 'sad', 'so-so');
      CREATE DOMAIN crm.positive AS numeric(10,2) CHECK (value > 0);
      CREATE TABLE crm.customers (id bigserial PRIMARY KEY, account_number varchar(12) NOT NULL UNIQUE, email text, mood crm.mood, credit crm.positive, tags text[], details jsonb, created_at timestamptz NOT NULL DEFAULT now(), "Odd Name" integer, blob bytea);
      COMMENT ON TABLE crm.customers IS 'Who buys';
      COMMENT ON COLUMN crm.customers.email IS 'Where we write to';
      CREATE TABLE crm.orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer_id bigint NOT NULL REFERENCES crm.customers (id), payer integer, placed_on date);
      CREATE TABLE crm.order_lines (order_id uuid REFERENCES crm.orders (id), line_no smallint, amount numeric, PRIMARY KEY (order_id, line_no));
      CREATE TABLE crm.shipments (order_id uuid, line_no smallint, shipped boolean, FOREIGN KEY (order_id, line_no) REFERENCES crm.order_lines (order_id, line_no));
      CREATE VIEW crm.glad AS SELECT id, mood FROM crm.customers WHERE mood = 'glad';
      INSERT INTO crm.customers (account_number, email, mood, credit, tags, details, "Odd Name") SELECT 'A' || i, 'u' || i || '@example.com', 'glad', i, ARRAY['x'], '{"a": 1}', i FROM generate_series(1, 50) i;
      INSERT INTO crm.orders (customer_id, placed_on) SELECT 1 + i % 50, date '2026-01-01' FROM generate_series(1, 200) i;
    `)
    await client.end()
  })

  afterAll(async () => await server.stop())

  it('takes keys, references, comments, enums and domains as the database declares them', async () => {
    const { code, out, err } = await run('contract', 'from-data', server.url, '--schema', 'crm', '--domain', 'crm')
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringMatching(/^4 tables; look at \d+ places/) })
    const product = productOf(out)
    expect(typesOf(product, 'Customer')).toEqual({
      id: 'bigint',
      accountNumber: 'string',
      email: 'string',
      mood: 'enum',
      credit: 'decimal',
      tags: '[string]',
      details: 'json',
      createdAt: 'timestamp',
      oddName: 'integer',
      blob: 'string',
    })
    expect(product.objects.map(({ name, keys }) => [name, keys])).toEqual([
      ['Customer', [['id'], ['accountNumber']]],
      ['OrderLine', [['orderId', 'lineNo']]],
      ['Order', [['id']]],
      ['Shipment', []],
    ])
    expect(
      Object.fromEntries(
        product.objects.map(({ name, relationships }) => [name, relationships.map(({ field, cardinality }) => `${field} ${cardinality}`)]),
      ),
    ).toEqual({
      Customer: ['orders many'],
      OrderLine: ['order one', 'shipments many'],
      Order: ['customer one', 'orderLines many'],
      Shipment: ['orderLine one'],
    })
    const customer = product.objects[0]
    expect(customer?.description).toBe('Who buys')
    expect(customer?.properties.find(({ name }) => name === 'email')).toMatchObject({
      description: 'Where we write to',
      classification: 'confidential',
    })
    expect(customer?.properties.find(({ name }) => name === 'mood')?.values?.map(({ value }) => value)).toEqual(['glad', 'sad', 'so-so'])
    await using source = await PostgresSource.open({ products: [product], access: { user: server.user, password: server.password } })
    expect(await source.query({ text: 'SELECT count(*)::integer FROM crm.orders', values: [] })).toEqual([[200]])
  })

  it('drafts only the tables or views that are named', async () => {
    const { out } = await run('contract', 'from-data', server.url, '--schema', 'crm', '--table', 'glad', '--table', 'orders')
    expect(productOf(out).objects.map(({ name }) => name)).toEqual(['Glad', 'Order'])
  })

  it('writes neither user nor password into the contract or an error', async () => {
    const address = server.url.replace('postgres@', 'postgres:s3cret-w0rd@')
    const good = await run('contract', 'from-data', address, '--schema', 'crm')
    const bad = await run('contract', 'from-data', address, '--schema', 'nowhere')
    const worse = await run('contract', 'from-data', address.replace(/\/postgres$/, '/nodatabase'))
    for (const { out, err } of [good, bad, worse]) expect(out + err).not.toContain('s3cret-w0rd')
    expect(bad).toMatchObject({ code: 1, err: 'error CONFIG_INVALID: the schema nowhere has no tables' })
    expect(worse).toMatchObject({ code: 1, err: "error CONFIG_INVALID: the database at 127.0.0.1 can't be read: 3D000" })
  })

  it('says which table is not there', async () => {
    expect(await run('contract', 'from-data', server.url, '--schema', 'crm', '--table', 'nothing')).toMatchObject({
      code: 1,
      err: 'error CONFIG_INVALID: the schema crm has no table nothing',
    })
  })
})

describe('polyseme contract check and types', () => {
  it('exit with 1 and every finding for a contract with mistakes', async () => {
    writeFileSync(join(dir, 'bad.odcs.yaml'), 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema: []\nnmae: y\n')
    const { code, out } = await run('contract', 'check', 'bad.odcs.yaml')
    expect(code).toBe(1)
    expect(out).toContain('bad.odcs.yaml:1:1 error contract-missing-key: the contract has no `status`')
    expect(out).toContain('bad.odcs.yaml:6:1 warning contract-unknown-key')
    expect(out).toMatch(/not accepted: 1 error, \d warnings, 0 notes$/)
    const json = JSON.parse((await run('contract', 'check', '--json', 'bad.odcs.yaml')).out) as { ok: boolean; diagnostics: unknown[] }
    expect(json).toMatchObject({ ok: false, products: [] })
    expect(json.diagnostics.length).toBeGreaterThan(1)
    rmSync(join(dir, 'bad.odcs.yaml'))
  })

  it('takes warnings for errors with --strict', async () => {
    writeFileSync(
      join(dir, 'warned.odcs.yaml'),
      'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\ndomain: lab\nnmae: y\nschema: [{ name: A, properties: [{ name: b, logicalType: string }] }]\n',
    )
    expect(await run('contract', 'check', 'warned.odcs.yaml')).toMatchObject({ code: 0 })
    expect(await run('contract', 'check', 'warned.odcs.yaml', '--strict')).toMatchObject({ code: 1 })
    rmSync(join(dir, 'warned.odcs.yaml'))
  })

  it('say in one line what is not there', async () => {
    expect(await run('contract', 'check', 'nowhere.odcs.yaml')).toEqual({
      code: 1,
      out: '',
      err: 'error CONFIG_INVALID: there is no file nowhere.odcs.yaml',
    })
    expect(await run('contract', 'check')).toMatchObject({ code: 2 })
    expect(existsSync(join(dir, 'nowhere.odcs.yaml'))).toBe(false)
  })

  it('writes types of a folder of contracts', async () => {
    await run('contract', 'from-data', 'orders.parquet', '--domain', 'sales', '--out', 'typed.odcs.yaml')
    const { code, out } = await run('contract', 'types', 'typed.odcs.yaml')
    expect(code).toBe(0)
    expect(out).toContain('export interface SalesOrder {\n  readonly orderId: number | string\n')
  })
})
