import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, type GraphQLSchema } from 'graphql'
import type { DataProduct } from '../contract/index.ts'
import { buildDomainModel, type DomainModel } from './domain-model.ts'
import { buildDomainResolvers } from './domain-resolvers.ts'
import { printDomainSdl, withExtensions } from './domain-sdl.ts'
import { addExtensionResolvers, requirementsOf, type BoundExtensions } from './extension-resolvers.ts'

/** A domain's contracts, and what it adds to them, as a subgraph that can be executed. */
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
export function buildDomainSubgraph(products: readonly DataProduct[], extensions?: BoundExtensions): DomainSubgraph {
  const model = buildDomainModel(products)
  const sdl = withExtensions(printDomainSdl(model), extensions)
  const requirements = requirementsOf(extensions)
  const resolvers = buildDomainResolvers(model, requirements)
  if (extensions !== undefined) addExtensionResolvers(resolvers as Record<string, Record<string, unknown>>, extensions)
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: withService(resolvers, sdl) as never }])
  return { model, sdl, schema, requirements }
}

function withService(resolvers: Record<string, unknown>, sdl: string): Record<string, unknown> {
  return { ...resolvers, Query: { ...(resolvers['Query'] as object), _service: () => ({ sdl }) } }
}
