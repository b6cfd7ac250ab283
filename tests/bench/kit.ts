import { DuckDBInstance, LIST, VARCHAR, type DuckDBConnection } from '@duckdb/node-api'
import type { DataProduct } from '@polyseme/kit/contract'
import { createCallSigner, generateSigningKey, type CallSigner } from '@polyseme/kit/identity'
import { DuckDbSource, type SqlStatement, type StatementReport } from '@polyseme/kit/source'
import { startSubgraph } from '@polyseme/kit/subgraph'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { dataProduct, productObject, property } from '../testkit/product-fixtures.ts'
import { quantile, type BenchOptions } from './bench.ts'

/** Ten columns of every kind that analysts page through. */
const ORDERS: DataProduct = dataProduct('lab', 'orders', [
  productObject('lab', 'Order', [
    property('order_id', 'bigint', { required: true }), property('customer_id', 'integer'), property('region', 'string'), property('name', 'string'),
    property('status', 'enum', { values: ['open', 'paid', 'lost'].map((value) => ({ name: value.toUpperCase(), value })) }),
    property('amount', 'decimal'), property('weight', 'number'), property('active', 'boolean'), property('day', 'date'), property('ordered_at', 'timestamp'),
  ], { keys: [['orderId']], page: { defaultRows: 50, maxRows: 10_000 } }),
])

const FIELDS = 'orderId customerId region name status amount weight active day orderedAt'

interface Work {
  readonly name: string
  readonly rows: number
  readonly rounds: number
  /** What the database alone does, where the subgraph's own statement would not be a fair comparison. */
  readonly alone?: (round: number) => SqlStatement
  readonly body: (round: number) => { readonly query: string; readonly variables?: Record<string, unknown> }
}

const spread = (round: number, rows: number): number => (round * 7_919_137) % rows

function workloads(rows: number, quick: boolean): readonly Work[] {
  const rounds = (count: number): number => (quick ? Math.ceil(count / 10) : count)
  return [
    { name: 'look-up by key', rows: 1, rounds: rounds(300), body: (round) => ({ query: `query ($k: BigInt!) { lab { orderByKey(orderId: $k) { ${FIELDS} } } }`, variables: { k: spread(round, rows) } }) },
    {
      name: '1,000 entities', rows: 1_000, rounds: rounds(20),
      body: (round) => ({
        query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on LabOrder { ${FIELDS} } } }`,
        variables: { r: Array.from({ length: 1_000 }, (_unused, index) => ({ __typename: 'LabOrder', orderId: spread(round * 1_000 + index, rows) })) },
      }),
    },
    { name: 'filtered page of 50', rows: 50, rounds: rounds(40), body: (round) => ({ query: `query ($w: LabOrderWhere) { lab { orders(where: $w, orderBy: [{ amount: DESC }]) { nodes { ${FIELDS} } } } }`, variables: { w: { region: { eq: 'EMEA' }, customerId: { lt: 1_000 + round } } } }) },
    { name: 'grouped aggregate', rows: 9, rounds: rounds(20), body: () => ({ query: '{ lab { ordersAggregate(groupBy: [{ field: region }, { field: status }]) { group { region status } count sum { amount } avg { weight } } } }' }) },
    {
      name: 'page of 10,000 × 10', rows: 10_000, rounds: rounds(40),
      // The subgraph's statement writes JSON; alone, the database hands over row objects.
      alone: (round) => ({ text: 'SELECT * FROM "LabOrder" WHERE order_id >= CAST($1 AS BIGINT) ORDER BY order_id LIMIT 10000', values: [String(spread(round, Math.max(1, rows - 10_001)))] }),
      body: (round) => ({ query: `query ($w: LabOrderWhere) { lab { orders(first: 10000, where: $w) { nodes { ${FIELDS} } } } }`, variables: { w: { orderId: { gte: spread(round, Math.max(1, rows - 10_001)) } } } }),
    },
  ]
}

/**
 * GraphQL over HTTP against the database alone, doing the same statements in the same process on the same core.
 *
 * `--quick` takes 1 M rows instead of 10 M. Times are medians; rows/s count the processor time of the subgraph's process.
 */
export async function run({ quick, args }: BenchOptions): Promise<void> {
  const [role, dataDir, rows] = args
  if (role === 'serve' && dataDir !== undefined) return await serve(dataDir, Number(rows))
  const count = quick ? 1_000_000 : 10_000_000
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-bench-kit-'))
  try {
    await fill(dir, count)
    const pinned = process.platform === 'linux' ? ['taskset', '-c', '0'] : []
    const [command = process.execPath, ...rest] = [...pinned, process.execPath, join(import.meta.dirname, 'run.ts'), 'kit', 'serve', dir, String(count), ...(quick ? ['--quick'] : [])]
    const child = spawn(command, rest, { stdio: 'inherit' })
    await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function fill(dir: string, rows: number): Promise<void> {
  await mkdir(join(dir, 'data/lab'), { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT i::BIGINT AS order_id, (hash(i) % 100000)::INTEGER AS customer_id, ['EMEA', 'AMER', 'APAC'][1 + (hash(i + 1) % 3)::INTEGER] AS region,
    'Customer number ' || (hash(i + 2) % 1000000) AS name, ['open', 'paid', 'lost'][1 + (hash(i + 3) % 3)::INTEGER] AS status,
    ((hash(i + 4) % 10000000) / 100)::DECIMAL(12, 2) AS amount, (hash(i + 5) % 100000) / 7.0 AS weight, hash(i + 6) % 2 = 0 AS active,
    DATE '2015-01-01' + (hash(i + 7) % 4000)::INTEGER AS day, TIMESTAMP '2015-01-01' + INTERVAL (i) SECOND AS ordered_at
    FROM range(${rows}) t(i)) TO '${join(dir, 'data/lab/order.parquet')}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
}

async function serve(dataDir: string, rows: number): Promise<void> {
  const recorded: SqlStatement[] = []
  const reports: StatementReport[] = []
  const source = await DuckDbSource.open({ products: [ORDERS], dataDir, threads: 1, onStatement: (report) => reports.push(report) })
  const recording = recordStatements(source, recorded)
  const signer = createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk })
  const subgraph = await startSubgraph({ products: [ORDERS], source: recording, trust: signer.publicJwks(), timeoutMs: 600_000 })
  const client = new Pool(new URL(subgraph.url).origin, { connections: 1 })
  const bare = await BareDatabase.open(dataDir)
  console.log(`${rows.toLocaleString('en')} rows in Parquet, one core, DuckDB with one thread; medians, ms`)
  console.log('work                   subgraph  database  overhead     ratio    of processor time: subgraph  database     ratio   rows/s')
  for (const work of workloads(rows, rows < 10_000_000)) {
    const served = await measure(work, (round) => ask(client, signer, work.body(round)))
    const statements = await statementsOf(work, recorded, (round) => ask(client, signer, work.body(round)))
    const alone = await measure(work, (round) => bare.run(work.alone === undefined ? (statements[round % statements.length] ?? []) : [work.alone(round)]))
    report(work, served, alone)
  }
  console.log(`peak memory of the process: ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MB`)
  bare.close()
  await client.close()
  await subgraph.close()
}

interface Measured {
  readonly medianMs: number
  readonly cpuMs: number
}

async function measure(work: Work, once: (round: number) => Promise<void>): Promise<Measured> {
  for (let round = 0; round < 3; round += 1) await once(round)
  const times: number[] = []
  const before = process.cpuUsage()
  for (let round = 0; round < work.rounds; round += 1) {
    const startedMs = performance.now()
    await once(round)
    times.push(performance.now() - startedMs)
  }
  const used = process.cpuUsage(before)
  return { medianMs: quantile(times.sort((a, b) => a - b), 0.5), cpuMs: (used.user + used.system) / 1_000 / work.rounds }
}

/** What the subgraph asked the database for, round by round. */
async function statementsOf(work: Work, recorded: SqlStatement[], once: (round: number) => Promise<void>): Promise<readonly (readonly SqlStatement[])[]> {
  const rounds: SqlStatement[][] = []
  for (let round = 0; round < Math.min(10, work.rounds); round += 1) {
    recorded.length = 0
    await once(round)
    rounds.push([...recorded])
  }
  return rounds
}

function report(work: Work, served: Measured, alone: Measured): void {
  const perSecond = (measured: Measured): string => Math.round(work.rows / (measured.cpuMs / 1_000)).toLocaleString('en')
  const wall = [served.medianMs, alone.medianMs, served.medianMs - alone.medianMs, served.medianMs / alone.medianMs]
  const cpu = [served.cpuMs, alone.cpuMs, served.cpuMs / alone.cpuMs]
  const columns = (values: readonly number[]): string => values.map((value) => value.toFixed(2).padStart(10)).join('')
  const rates = work.rows >= 1_000 ? `   ${perSecond(served)}, database ${perSecond(alone)}` : ''
  console.log(`${work.name.padEnd(20)} ${columns(wall)}${' '.repeat(18)}${columns(cpu)}${rates}`)
}

// The client runs in the same process and on the same core, so its work counts against the subgraph.
async function ask(client: Pool, signer: CallSigner, body: { readonly query: string; readonly variables?: Record<string, unknown> }): Promise<void> {
  const identity = await signer.sign('lab', { principal: { issuer: 'bench', subject: 'bench', scopes: new Set(['lab:read']), roles: [], claims: {}, expiresAtSec: 4_000_000_000 }, masks: {} })
  const response = await client.request({ method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json', 'polyseme-identity': identity }, body: JSON.stringify(body) })
  const bytes = Buffer.from(await response.body.arrayBuffer())
  if (response.statusCode !== 200 || bytes.subarray(0, 8).toString() !== '{"data":') throw new Error(bytes.subarray(0, 500).toString())
}

function recordStatements(source: DuckDbSource, recorded: SqlStatement[]): DuckDbSource {
  const query = source.query.bind(source)
  source.query = (statement, options) => {
    recorded.push(statement)
    return query(statement, options)
  }
  return source
}

/** The same files in a DuckDB of their own, asked through its own API for row objects. */
class BareDatabase {
  readonly #connection: DuckDBConnection
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open(dataDir: string): Promise<BareDatabase> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run(`CREATE VIEW "LabOrder" AS SELECT * FROM read_parquet('${join(dataDir, 'data/lab/order.parquet')}')`)
    return new BareDatabase(instance, connection)
  }

  async run(statements: readonly SqlStatement[]): Promise<void> {
    for (const { text, values } of statements) {
      const prepared = await this.#connection.prepare(text)
      values.forEach((value, index) => (typeof value === 'string' ? prepared.bindVarchar(index + 1, value) : prepared.bindList(index + 1, value as readonly string[], LIST(VARCHAR))))
      const reader = await prepared.runAndReadAll()
      reader.getRowObjectsJS()
      prepared.destroySync()
    }
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}
