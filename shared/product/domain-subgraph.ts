import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, type GraphQLSchema } from 'graphql'
import type { DataProduct } from '../contract/index.ts'
import { buildDomainModel, type DomainModel } from './domain-model.ts'
import { buildDomainResolvers } from './domain-resolvers.ts'
import { printDomainSdl } from './domain-sdl.ts'

/** A domain's contracts as a subgraph that can be executed. */
export interface DomainSubgraph {
  readonly model: DomainModel
  /** The same text that `buildDomainSdl` gives. */
  readonly sdl: string
  /** Resolvers expect a `DomainContext`. */
  readonly schema: GraphQLSchema
  /** Fields that a domain's own resolvers need beside those that were selected, by coordinate. */
  readonly requirements: ReadonlyMap<string, readonly string[]>
}

/** @throws CONTRACT_INVALID see `buildDomainSdl`. */
export function buildDomainSubgraph(products: readonly DataProduct[]): DomainSubgraph {
  const model = buildDomainModel(products)
  const sdl = printDomainSdl(model)
  const requirements = new Map<string, readonly string[]>()
  const resolvers = buildDomainResolvers(model, requirements)
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: withService(resolvers, sdl) as never }])
  return { model, sdl, schema, requirements }
}

function withService(resolvers: Record<string, unknown>, sdl: string): Record<string, unknown> {
  return { ...resolvers, Query: { ...(resolvers['Query'] as object), _service: () => ({ sdl }) } }
}
