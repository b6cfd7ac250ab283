import { DuckDBInstance } from '@duckdb/node-api'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGatewayMesh, type GatewayMesh } from '../../testkit/gateway-mesh.ts'

export const ADVENTUREWORKS_DOMAINS = ['sales', 'warehouse', 'marketing', 'purchasing', 'person'] as const

/** May read everything of the mesh. */
export const READER = { id: 'reader', summary: 'reads every domain', scopes: ADVENTUREWORKS_DOMAINS.map((domain) => `${domain}:read`), roles: [], claims: {} }

/**
 * The five domains over a copy of the tables, with the link table between resellers and stores that a steward would
 * derive: a reseller is the store whose own account bears the number that the warehouse copied.
 */
export async function startAdventureWorksMesh(tables: string): Promise<GatewayMesh> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-adventureworks-'))
  stack.defer(async () => await rm(dataDir, { recursive: true, force: true }))
  for (const name of (await readdir(tables)).filter((file) => file.endsWith('.csv'))) await copyFile(join(tables, name), join(dataDir, name))
  await mkdir(join(dataDir, 'links'))
  await writeFile(join(dataDir, 'links', 'warehouse-reseller--sales-store.sssom.tsv'), await resellerLinks(dataDir))
  const mesh = await startGatewayMesh({
    domainDirs: ADVENTUREWORKS_DOMAINS.map((domain) => join(import.meta.dirname, domain)),
    lexiconDir: join(import.meta.dirname, 'lexicon'),
    sourceDir: dataDir,
    linksDir: join(dataDir, 'links'),
  })
  stack.use(mesh)
  const held = stack.move()
  return { ...mesh, [Symbol.asyncDispose]: async () => await held.disposeAsync() }
}

async function resellerLinks(dataDir: string): Promise<string> {
  const rows = await queryTables(dataDir, `
    SELECT r.reseller_key, c.store_id FROM warehouse_reseller r JOIN sales_customer c ON c.account_number = r.reseller_alternate_key
    WHERE c.store_id IS NOT NULL ORDER BY ALL`)
  return [
    '#mapping_set_id: https://example.com/links/warehouse-reseller--sales-store',
    '#license: https://creativecommons.org/publicdomain/zero/1.0/',
    '#curie_map:',
    '#  warehouse.Reseller: "urn:sense:warehouse.Reseller:"',
    '#  sales.Store: "urn:sense:sales.Store:"',
    '#  skos: "http://www.w3.org/2004/02/skos/core#"',
    '#  semapv: "https://w3id.org/semapv/vocab/"',
    'subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\tmapping_date',
    ...rows.map((row) => `warehouse.Reseller:${String(row['reseller_key'])}\tskos:exactMatch\tsales.Store:${String(row['store_id'])}\tsemapv:ManualMappingCuration\t1\t2026-01-15`),
    '',
  ].join('\n')
}

/** SQL over the tables themselves, past every part of the product: what its answers are held to. */
export async function queryTables(dataDir: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const file of (await readdir(dataDir)).filter((name) => name.endsWith('.csv'))) {
      await connection.run(`CREATE VIEW ${file.replace('.csv', '')} AS FROM read_csv('${join(dataDir, file)}', all_varchar = true)`)
    }
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
