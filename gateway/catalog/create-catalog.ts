import { buildSubgraphSchema } from '@apollo/subgraph'
import type { DataProduct } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { GraphQLError, parse, type GraphQLSchema } from 'graphql'
import { CATALOG_SDL } from './catalog-sdl.ts'
import type { CatalogMesh, CatalogPromise, CatalogRecords, CatalogView } from './catalog-sources.ts'
import { describeAccess, describeConsumers, describeObjects, listDeprecations } from './describe-product.ts'
import { countPromises, knownPromises } from './known-promises.ts'
import { listWords } from './list-words.ts'
import { SearchIndex } from './search-index.ts'

export interface CatalogOptions {
  readonly mesh: CatalogMesh
  readonly records: CatalogRecords
}

interface CatalogContext {
  readonly principal: Principal
}

type Resolver<Source, Arguments> = (source: Source, args: Arguments, context: CatalogContext) => unknown

const MAX_LISTED = 500
const MAX_VERSIONS = 100

/** The schema of the gateway's own subgraph about data products, to be executed in this process. */
export function createCatalog({ mesh, records }: CatalogOptions): GraphQLSchema {
  const products = mesh.domains.flatMap((domain) => domain.products).toSorted((a, b) => a.urn < b.urn ? -1 : 1)
  const index = new SearchIndex(products, mesh.lexicon)
  const requests = new WeakMap<CatalogContext, RequestReads>()
  const readsOf = (context: CatalogContext): RequestReads => {
    const reads = requests.get(context) ?? new RequestReads(mesh, context.principal)
    requests.set(context, reads)
    return reads
  }
  const resolvers = {
    Query: { catalog: resolve(() => ({})) },
    CatalogQuery: {
      products: resolve<unknown, { search?: string | null; domain?: string | null; first: number; after?: string | null }>(async (_, { search, domain, first, after }, context) => {
        const found = typeof search === 'string' && search.trim() !== '' ? await index.find(search, readsOf(context).view) : products
        const inDomain = typeof domain === 'string' ? found.filter((product) => product.domain === domain) : found
        const begin = typeof after === 'string' ? inDomain.findIndex(({ urn }) => urn === after) + 1 : 0
        return inDomain.slice(begin, begin + countOf(first, MAX_LISTED))
      }),
      product: resolve<unknown, { urn: string }>((_, { urn }) => products.find((product) => product.urn === urn)),
      domains: resolve(() => mesh.domains),
      words: resolve<unknown, { search?: string | null; first: number }>((_, { search, first }, context) => listWords(mesh, readsOf(context).view, search ?? undefined).slice(0, countOf(first, MAX_LISTED))),
      deprecations: resolve((_, __, context) => listDeprecations(products, readsOf(context).view)),
      notices: resolve<unknown, { first: number }>(async (_, { first }, context) => await records.readNotices(context.principal, countOf(first, MAX_LISTED), readsOf(context).view)),
    },
    CatalogDomain: {
      version: resolve<{ readonly name: string }>(async ({ name }) => (await records.readVersions(name, 1))?.[0]),
    },
    CatalogProduct: {
      owner: (product: DataProduct) => product.owner?.name,
      ownerEmail: (product: DataProduct) => product.owner?.email,
      access: resolve<DataProduct>((product, _, context) => describeAccess(product, readsOf(context).view)),
      objects: resolve<DataProduct>((product, _, context) => describeObjects(product, mesh, readsOf(context).view)),
      promiseCounts: resolve<DataProduct>(async ({ domain, urn }, _, context) => countPromises((await readsOf(context).promisesOf(domain))?.get(urn))),
      promises: resolve<DataProduct>(async (product, _, context) => knownPromises(product, (await readsOf(context).promisesOf(product.domain))?.get(product.urn), readsOf(context).view)),
      versions: resolve<DataProduct, { first: number }>(async ({ domain }, { first }) => await records.readVersions(domain, countOf(first, MAX_VERSIONS))),
      consumers: resolve<DataProduct>(async (product, _, context) => readsOf(context).view.mayChange(product.domain) ? describeConsumers(product, await records.readUsage()) : undefined),
    },
  }
  return buildSubgraphSchema([{ typeDefs: parse(CATALOG_SDL), resolvers }])
}

/** What one request reads, once however many products ask for it. */
class RequestReads {
  readonly view: CatalogView
  readonly #mesh: CatalogMesh
  readonly #principal: Principal
  readonly #promises = new Map<string, Promise<ReadonlyMap<string, readonly CatalogPromise[]> | undefined>>()

  constructor(mesh: CatalogMesh, principal: Principal) {
    this.#mesh = mesh
    this.#principal = principal
    this.view = mesh.viewOf(principal)
  }

  promisesOf(domain: string): Promise<ReadonlyMap<string, readonly CatalogPromise[]> | undefined> {
    const reading = this.#promises.get(domain) ?? this.#mesh.readPromises(domain, this.#principal)
    this.#promises.set(domain, reading)
    return reading
  }
}

/** @throws BAD_USER_INPUT */
function countOf(first: number, most: number): number {
  if (first >= 0 && first <= most) return first
  throw new GatewayError('BAD_USER_INPUT', `\`first\` is 0 to ${most}.`)
}

/** What went wrong for the caller, as GraphQL says it; the transport takes the code from `extensions`. */
function resolve<Source = unknown, Arguments = Record<string, never>>(resolver: Resolver<Source, Arguments>): Resolver<Source, Arguments> {
  return async (source, args, context) => {
    try {
      return await resolver(source, args, context)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      throw new GraphQLError(error.clientMessage, { extensions: { code: error.code, ...error.details }, originalError: error })
    }
  }
}
