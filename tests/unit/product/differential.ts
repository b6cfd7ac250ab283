import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { DataProduct } from '@polyseme/kit/contract'
import type { Source } from '@polyseme/kit/source'
import { Oracle } from '../../testkit/domain-oracle/oracle.ts'
import { randomDomainArbitrary, type RandomDomain } from '../../testkit/domain-oracle/random-domain.ts'
import { aggregateCase, byKeyCase, callerArbitrary, DomainUnderTest, entitiesCase, pageCase, walkCase, type CaseKind } from './differential-cases.ts'

/** Contracts and rows that are made up, the same in every run; `POLYSEME_SEED` makes others. */
const SEED = Number(process.env['POLYSEME_SEED'] ?? 20_260_101)
const DOMAINS = 20

interface Kind {
  readonly name: string
  readonly kind: CaseKind
  /** Cases for each engine; a statement costs DuckDB more than PostgreSQL. */
  readonly runs: { readonly DuckDB: number; readonly PostgreSQL: number; readonly SQLite: number }
}

/** 20,000 cases on the engines of the product, and some thousand on the one that shows what an engine takes. */
const KINDS: readonly Kind[] = [
  { name: 'pages, filters, order and relationships', kind: pageCase, runs: { DuckDB: 1_200, PostgreSQL: 5_500, SQLite: 1_200 } },
  { name: 'aggregates', kind: aggregateCase, runs: { DuckDB: 1_500, PostgreSQL: 5_000, SQLite: 800 } },
  { name: 'walks through all pages, either way', kind: walkCase, runs: { DuckDB: 300, PostgreSQL: 1_000, SQLite: 300 } },
  { name: 'rows by key', kind: byKeyCase, runs: { DuckDB: 1_500, PostgreSQL: 2_000, SQLite: 500 } },
  { name: 'entities', kind: entitiesCase, runs: { DuckDB: 500, PostgreSQL: 1_500, SQLite: 500 } },
]

export interface Engine {
  /** Puts a domain's rows into the engine and opens them; the index tells domains apart. */
  readonly serve: (domain: RandomDomain, index: number, dataDir: string) => Promise<{ readonly product: DataProduct; readonly source: Source }>
}

/** Declares the tests that hold an engine to the oracle. */
export function describeDifferential(name: keyof Kind['runs'], engine: Engine): void {
  const under: DomainUnderTest[] = []
  const sources: Source[] = []
  let dataDir = ''

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'polyseme-differential-'))
    for (const [index, domain] of fc.sample(randomDomainArbitrary, { numRuns: DOMAINS, seed: SEED }).entries()) {
      const { product, source } = await engine.serve(domain, index, dataDir)
      sources.push(source)
      under.push(new DomainUnderTest(domain, product, source))
    }
  })

  afterAll(async () => {
    for (const source of sources) await source.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  describe(`${name} answers as the oracle does`, () => {
    test.each(KINDS)(`$name ($runs.${name} cases)`, { timeout: 240_000 }, async ({ kind, runs }) => {
      const cases = under.map((one) => callerArbitrary.chain((caller) => kind(one, new Oracle(one.domain, caller), caller)))
      await fc.assert(fc.asyncProperty(fc.oneof(...cases), (run) => run()), { numRuns: runs[name], seed: SEED })
    })
  })
}
