import type { DataProduct } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { chooseServer } from './choose-server.ts'
import { DuckDbSource } from './duckdb-source.ts'
import { PostgresSource } from './postgres-source.ts'
import type { Source, StatementObserver } from './source.ts'

export interface OpenSourceOptions {
  readonly products: readonly DataProduct[]
  /** Root of every path that a contract names. */
  readonly dataDir: string
  /** Takes the servers of this environment where a contract names several. */
  readonly environment?: string
  readonly onStatement?: StatementObserver
}

/**
 * Opens the one source that a domain's contracts name: PostgreSQL, or files and databases that DuckDB reads.
 *
 * @throws CONFIG_INVALID data are missing, or the products lie in two kinds of source, between which nothing can be joined.
 */
export async function openSource(options: OpenSourceOptions): Promise<Source> {
  const inPostgres = options.products.filter((product) => chooseServer(product, options.environment)?.kind === 'postgres')
  if (inPostgres.length === 0) return DuckDbSource.open(options)
  if (inPostgres.length === options.products.length) return PostgresSource.open(options)
  const others = options.products.filter((product) => !inPostgres.includes(product)).map((product) => product.urn)
  throw new GatewayError('CONFIG_INVALID', `the products of one domain lie in one kind of source; ${others.join(', ')} are read from files while others are in PostgreSQL`)
}
