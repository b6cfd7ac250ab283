import type { DataProduct } from '@polyseme/kit/contract'
import { GraphQLError } from 'graphql'
import { qualifySdl, type SubgraphDefinition } from '../supergraph/index.ts'
import type { SubgraphArtifact } from './records.ts'

/** A published subgraph as composition and serving take it; a qualified one with its domain's name on its types. */
export function subgraphDefinition(artifact: SubgraphArtifact, products: readonly DataProduct[]): SubgraphDefinition {
  const { subgraph: name, url, sdl, naming } = artifact
  if (naming !== 'qualified') return { name, url, sdl, products }
  try {
    return { name, url, products, ...qualifySdl(sdl, name) }
  } catch (error) {
    // What does not parse composition reports with its place.
    if (error instanceof GraphQLError) return { name, url, sdl, products }
    throw error
  }
}
