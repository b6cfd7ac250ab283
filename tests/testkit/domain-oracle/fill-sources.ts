import { DuckDBInstance } from '@duckdb/node-api'
import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import { quoteIdentifier } from '@polyseme/kit/source'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import type { PostgresServer } from '../postgres.ts'
import { sqlType, toSqlLiteral, type Engine } from './cell.ts'
import type { OracleRow, RandomDomain } from './random-domain.ts'

/** Writes the domain's rows as Parquet files under `dataDir`, where its contract says that they are. */
export async function fillParquet(domain: RandomDomain, dataDir: string): Promise<DataProduct> {
  const folder = join(dataDir, 'data', domain.product.domain)
  await mkdir(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const object of domain.product.objects) {
    for (const statement of tableStatements(object, domain.rows.get(object.typeName) ?? [], { engine: 'duckdb', table: 'filled' })) await connection.run(statement)
    await connection.run(`COPY filled TO '${join(folder, `${object.physicalName}.parquet`)}' (FORMAT parquet)`)
    await connection.run('DROP TABLE filled')
  }
  connection.closeSync()
  instance.closeSync()
  return domain.product
}

/** Writes the domain's rows into a DuckDB file in `dataDir`, and returns its contract with that file as its server. */
export async function fillDuckDbFile(domain: RandomDomain, dataDir: string): Promise<DataProduct> {
  await mkdir(dataDir, { recursive: true })
  const instance = await DuckDBInstance.create(join(dataDir, 'rows.duckdb'), { threads: '1' })
  const connection = await instance.connect()
  for (const object of domain.product.objects) {
    for (const statement of tableStatements(object, domain.rows.get(object.typeName) ?? [], { engine: 'duckdb', table: `"${object.physicalName}"` })) await connection.run(statement)
  }
  connection.closeSync()
  instance.closeSync()
  return { ...domain.product, servers: [{ kind: 'duckdb', name: 'test', database: 'rows.duckdb' }] }
}

/** Writes the domain's rows into a schema of the server, and returns its contract with that server in it. */
export async function fillPostgres(domain: RandomDomain, server: PostgresServer, schema: string): Promise<DataProduct> {
  const client = new Client(server.url)
  await client.connect()
  await client.query(`CREATE SCHEMA "${schema}"`)
  for (const object of domain.product.objects) {
    const table = `"${schema}"."${object.physicalName}"`
    for (const statement of tableStatements(object, domain.rows.get(object.typeName) ?? [], { engine: 'postgres', table })) await client.query(statement)
  }
  await client.end()
  const { host, port } = server
  return { ...domain.product, servers: [{ kind: 'postgres', name: 'test', host, port, database: 'postgres', schema }] }
}

/** Writes the domain's rows into a SQLite file in `dataDir`, and returns its contract with that file as its server. */
export async function fillSqlite(domain: RandomDomain, dataDir: string): Promise<DataProduct> {
  await mkdir(dataDir, { recursive: true })
  const database = new DatabaseSync(join(dataDir, 'rows.sqlite'))
  for (const object of domain.product.objects) {
    for (const statement of tableStatements(object, domain.rows.get(object.typeName) ?? [], { engine: 'sqlite', table: quoteIdentifier(object.physicalName) })) database.exec(statement)
  }
  database.close()
  const server = { server: 'test', type: 'custom', database: 'rows.sqlite', customProperties: [{ property: 'engine', value: 'sqlite' }] }
  return { ...domain.product, servers: [{ kind: 'custom', name: 'test', engine: 'sqlite', server }] }
}

interface Target {
  readonly engine: Engine
  readonly table: string
}

function tableStatements(object: ProductObject, rows: readonly OracleRow[], { engine, table }: Target): readonly string[] {
  const columns = object.properties.map((property) => `"${property.physicalName.replaceAll('"', '""')}" ${sqlType(property, engine)}`)
  const inUtc = { postgres: 'SET timezone = UTC; ', duckdb: "SET TimeZone = 'UTC'; ", sqlite: '' }[engine]
  const create = `${inUtc}CREATE TABLE ${table} (${columns.join(', ')})`
  if (rows.length === 0) return [create]
  const values = rows.map((row) => `(${object.properties.map((property) => toSqlLiteral(property, row[property.field] ?? null, engine)).join(', ')})`)
  return [create, `INSERT INTO ${table} VALUES ${values.join(', ')}`]
}
