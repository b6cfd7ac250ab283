import type { DataProduct } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { chooseServer } from './choose-server.ts'
import { duckDbEngine } from './duckdb-source.ts'
import { postgresEngine } from './postgres-source.ts'
import type { OpenSourceOptions, SourceEngine } from './source-engine.ts'
import type { Source } from './source.ts'

/** Every engine that there is. */
export const SOURCE_ENGINES: readonly SourceEngine[] = [duckDbEngine, postgresEngine]

/**
 * Opens the one source that a domain's contracts name.
 *
 * @throws CONFIG_INVALID data are missing, no engine reads a server, or the products lie in two kinds of source, between which
 *   nothing can be joined.
 */
export async function openSource(options: OpenSourceOptions): Promise<Source> {
  const engines = options.engines ?? SOURCE_ENGINES
  const byEngine = new Map<SourceEngine, DataProduct[]>()
  for (const product of options.products) {
    const engine = findEngine(engines, product, options.environment)
    byEngine.set(engine, [...(byEngine.get(engine) ?? []), product])
  }
  const [engine = duckDbEngine, ...others] = byEngine.keys()
  if (others.length === 0) return engine.open(options)
  const where = [...byEngine].map(([{ title }, products]) => `${products.map(({ urn }) => urn).join(', ')} in ${title}`)
  throw new GatewayError('CONFIG_INVALID', `the products of one domain lie in one kind of source; these lie in ${byEngine.size}: ${where.join('; ')}`)
}

function findEngine(engines: readonly SourceEngine[], product: DataProduct, environment: string | undefined): SourceEngine {
  const server = chooseServer(product, environment)
  const found = engines.find((engine) => engine.reads(server))
  if (found !== undefined) return found
  throw new GatewayError('CONFIG_INVALID', `${product.urn}: nothing here reads its server ${server?.name}; there are ${engines.map(({ title }) => title).join(', ')}`)
}
