import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { DuckDbSource, PostgresSource, type Source } from '@polyseme/kit/source'
import { fillParquet, fillPostgres } from '../../testkit/domain-oracle/fill-sources.ts'
import { Oracle } from '../../testkit/domain-oracle/oracle.ts'
import { randomDomainArbitrary } from '../../testkit/domain-oracle/random-domain.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { aggregateCase, byKeyCase, callerArbitrary, DomainUnderTest, entitiesCase, pageCase, walkCase, type CaseKind } from './differential-cases.ts'

/** Contracts and rows that are made up, the same in every run; `POLYSEME_SEED` makes others. */
const SEED = Number(process.env['POLYSEME_SEED'] ?? 20_260_101)
const DOMAINS = 20
const domains = fc.sample(randomDomainArbitrary, { numRuns: DOMAINS, seed: SEED })

interface Kind {
  readonly name: string
  readonly kind: CaseKind
  /** Cases for each engine; a statement costs DuckDB more than PostgreSQL. */
  readonly runs: { readonly DuckDB: number; readonly PostgreSQL: number }
}

/** 21,800 cases in all. */
const KINDS: readonly Kind[] = [
  { name: 'pages, filters, order and relationships', kind: pageCase, runs: { DuckDB: 3_000, PostgreSQL: 5_000 } },
  { name: 'aggregates', kind: aggregateCase, runs: { DuckDB: 3_000, PostgreSQL: 3_500 } },
  { name: 'walks through all pages, either way', kind: walkCase, runs: { DuckDB: 800, PostgreSQL: 1_000 } },
  { name: 'rows by key', kind: byKeyCase, runs: { DuckDB: 1_500, PostgreSQL: 1_500 } },
  { name: 'entities', kind: entitiesCase, runs: { DuckDB: 1_000, PostgreSQL: 1_500 } },
]

let dataDir = ''
let server: PostgresServer | undefined
const under = new Map<string, readonly DomainUnderTest[]>()
const sources: Source[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-differential-'))
  server = await startPostgres()
  const inFiles: DomainUnderTest[] = []
  const inPostgres: DomainUnderTest[] = []
  for (const [index, domain] of domains.entries()) {
    const folder = join(dataDir, String(index))
    const fileProduct = await fillParquet(domain, folder)
    const files = await DuckDbSource.open({ products: [fileProduct], dataDir: folder, threads: 1, connections: 2 })
    const tableProduct = await fillPostgres(domain, server, `d${index}`)
    const tables = await PostgresSource.open({ products: [tableProduct], access: { user: 'postgres' }, connections: 2 })
    sources.push(files, tables)
    inFiles.push(new DomainUnderTest(domain, fileProduct, files))
    inPostgres.push(new DomainUnderTest(domain, tableProduct, tables))
  }
  under.set('DuckDB', inFiles)
  under.set('PostgreSQL', inPostgres)
})

afterAll(async () => {
  for (const source of sources) await source.close()
  await server?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

describe.each(['DuckDB', 'PostgreSQL'] as const)('%s answers as the oracle does', (engine) => {
  test.each(KINDS)(`$name ($runs.${engine} cases)`, { timeout: 120_000 }, async ({ kind, runs }) => {
    const domainCases = (under.get(engine) ?? []).map((one) => callerArbitrary.chain((caller) => kind(one, new Oracle(one.domain, caller), caller)))
    await fc.assert(fc.asyncProperty(fc.oneof(...domainCases), (run) => run()), { numRuns: runs[engine], seed: SEED })
  })
})
