import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataProduct } from '@polyseme/kit/contract'
import { openSource, PostgresSource, SOURCE_ENGINES, type Source, type StatementObserver } from '@polyseme/kit/source'
import { fillDuckDbFile, fillParquet, fillPostgres, fillSqlite } from './domain-oracle/fill-sources.ts'
import type { RandomDomain } from './domain-oracle/random-domain.ts'
import { startPostgres, type PostgresServer } from './postgres.ts'
import { sqliteEngine } from './sqlite-engine.ts'

/** Every engine of the product in every form, and one that it does not have. */
export const ENGINE_NAMES = ['Parquet', 'DuckDB', 'PostgreSQL', 'SQLite'] as const

export type EngineName = (typeof ENGINE_NAMES)[number]

/** A domain's rows in every engine, opened anew for each asker. */
export class EveryEngine implements AsyncDisposable {
  readonly #server: PostgresServer
  readonly #dataDir: string
  readonly #products: ReadonlyMap<EngineName, DataProduct>

  private constructor(server: PostgresServer, dataDir: string, products: ReadonlyMap<EngineName, DataProduct>) {
    this.#server = server
    this.#dataDir = dataDir
    this.#products = products
  }

  static async start(domain: RandomDomain): Promise<EveryEngine> {
    const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-engines-'))
    const server = await startPostgres()
    return new EveryEngine(server, dataDir, new Map<EngineName, DataProduct>([
      ['Parquet', await fillParquet(domain, dataDir)],
      ['DuckDB', await fillDuckDbFile(domain, dataDir)],
      ['PostgreSQL', await fillPostgres(domain, server, 'every')],
      ['SQLite', await fillSqlite(domain, dataDir)],
    ]))
  }

  /** @param change what else the contract says, for example objects that the engine lacks */
  async open(engine: EngineName, options: { readonly change?: (product: DataProduct) => DataProduct; readonly onStatement?: StatementObserver } = {}): Promise<Source> {
    const filled = this.#products.get(engine)
    if (filled === undefined) throw new TypeError(engine)
    const products = [options.change?.(filled) ?? filled]
    const observed = options.onStatement === undefined ? {} : { onStatement: options.onStatement }
    if (engine === 'PostgreSQL') return PostgresSource.open({ products, access: { user: this.#server.user }, ...observed })
    return openSource({ products, dataDir: this.#dataDir, engines: [...SOURCE_ENGINES, sqliteEngine], ...observed })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    await rm(this.#dataDir, { recursive: true, force: true })
  }
}
