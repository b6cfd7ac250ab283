import { DuckDBInstance } from '@duckdb/node-api'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { parseContract, type DataProduct } from '@polyseme/kit/contract'
import { listPromises, measurePromises, readStatuses, type PromiseResult } from '@polyseme/kit/promise'
import { DuckDbSource, PostgresSource, type Source, type StatementReport } from '@polyseme/kit/source'
import type { PostgresServer } from '../../testkit/postgres.ts'

export const ENGINES = ['DuckDB', 'PostgreSQL'] as const
export type Engine = (typeof ENGINES)[number]

/** Two tables of one domain; what they hold is the test's, as `INSERT` values. */
const TABLES = {
  orders: 'order_id INTEGER, code VARCHAR, amount NUMERIC(10,2), weight DOUBLE PRECISION, day DATE, loaded_at TIMESTAMP, flag BOOLEAN',
  customers: 'customer_id INTEGER, name VARCHAR',
} as const

export type LabRows = { readonly [table in keyof typeof TABLES]?: readonly string[] }

export interface LabContract {
  /** Quality rules of the object `Order`, as YAML list items in flow style. */
  readonly rules?: readonly string[]
  /** Of the property `code`. */
  readonly codeRules?: readonly string[]
  readonly slas?: readonly string[]
}

/** The contract of `Order` with these rules, and of `Customer` without any. */
export function labContract({ rules = [], codeRules = [], slas = [] }: LabContract = {}): DataProduct {
  const list = (items: readonly string[]): string => `[${items.join(', ')}]`
  const text = `apiVersion: v3.1.0
kind: DataContract
id: lab
name: orders
version: 1.0.0
status: active
domain: lab
schema:
  - name: Order
    physicalName: orders
    quality: ${list(rules)}
    properties:
      - { name: order_id, logicalType: integer }
      - { name: code, logicalType: string, quality: ${list(codeRules)} }
      - { name: amount, logicalType: number, physicalType: 'DECIMAL(10,2)' }
      - { name: weight, logicalType: number }
      - { name: day, logicalType: date }
      - { name: loaded_at, logicalType: timestamp }
      - { name: flag, logicalType: boolean }
  - name: Customer
    physicalName: customers
    properties:
      - { name: customer_id, logicalType: integer }
      - { name: name, logicalType: string }
slaProperties: ${list(slas)}
`
  const parsed = parseContract(text, { file: 'lab.odcs.yaml' })
  if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('; '))
  return parsed.value
}

/** Rows on an engine, over which any contract of the lab can be measured. */
export class Lab implements AsyncDisposable {
  readonly engine: Engine
  readonly statements: StatementReport[] = []
  readonly dataDir: string
  readonly #server: PostgresServer | undefined
  readonly #schema: string
  readonly #sources: Source[] = []
  static #labs = 0

  private constructor(engine: Engine, dataDir: string, server: PostgresServer | undefined) {
    Lab.#labs += 1
    this.engine = engine
    this.dataDir = dataDir
    this.#server = server
    this.#schema = `lab_${Lab.#labs}`
  }

  static async fill(engine: Engine, server: PostgresServer, rows: LabRows): Promise<Lab> {
    const lab = new Lab(engine, await mkdtemp(join(tmpdir(), 'polyseme-promises-')), engine === 'PostgreSQL' ? server : undefined)
    await (engine === 'DuckDB' ? fillFiles(lab.dataDir, rows) : fillServer(server, lab.#schema, rows))
    return lab
  }

  async open(contract: DataProduct): Promise<Source> {
    const server = this.#server
    const onStatement = (report: StatementReport): void => void this.statements.push(report)
    const source = server === undefined
      ? await DuckDbSource.open({ products: [contract], dataDir: this.dataDir, threads: 1, connections: 2, onStatement })
      : await PostgresSource.open({
          products: [{ ...contract, servers: [{ kind: 'postgres', name: 'lab', host: server.host, port: server.port, database: 'postgres', schema: this.#schema }] }],
          access: { user: server.user },
          onStatement,
        })
    this.#sources.push(source)
    return source
  }

  /** What a contract's promises measure on these rows, by their ids: `KEPT 3`, `NOT_RUN the rule is …`. */
  async measure(contract: DataProduct, nowMs = Date.UTC(2026, 0, 10)): Promise<Readonly<Record<string, string>>> {
    const promises = listPromises(contract)
    const results = await measurePromises(promises, { source: await this.open(contract), nowMs: () => nowMs })
    const known = new Map(results.map((result) => [result.id, { ...result, sinceMs: result.measuredAtMs }]))
    return Object.fromEntries(readStatuses(promises, { resultsOf: () => known }).map(({ promise, state, reason, result }) => [promise.id, shown(state, result, reason)]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source.close()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

function shown(state: string, result: PromiseResult | undefined, reason: string | undefined): string {
  const measured = result?.measured ?? undefined
  return [state, ...(measured === undefined ? [] : [String(measured)]), ...(reason === undefined ? [] : [reason])].join(' ')
}

async function fillFiles(dataDir: string, rows: LabRows): Promise<void> {
  const folder = join(dataDir, 'data/lab')
  await mkdir(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const [table, columns] of Object.entries(TABLES)) {
    for (const statement of fillStatements(table, columns, rows[table as keyof LabRows])) await connection.run(statement)
    await connection.run(`COPY ${table} TO '${join(folder, table)}.parquet' (FORMAT parquet)`)
  }
  connection.closeSync()
  instance.closeSync()
}

async function fillServer(server: PostgresServer, schema: string, rows: LabRows): Promise<void> {
  const client = new Client(server.url)
  await client.connect()
  await client.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}`)
  for (const [table, columns] of Object.entries(TABLES)) {
    for (const statement of fillStatements(table, columns, rows[table as keyof LabRows])) await client.query(statement)
  }
  await client.end()
}

function fillStatements(table: string, columns: string, rows: readonly string[] = []): readonly string[] {
  const create = `CREATE TABLE ${table} (${columns})`
  return rows.length === 0 ? [create] : [create, `INSERT INTO ${table} VALUES ${rows.map((row) => `(${row})`).join(', ')}`]
}
