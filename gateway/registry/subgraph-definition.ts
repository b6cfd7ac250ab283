import type { DataProduct } from '@polyseme/kit/contract'
import { GraphQLError } from 'graphql'
import { WeightedCache } from '../operation/index.ts'
import { qualifySdl, type QualifiedSdl, type SubgraphDefinition } from '../supergraph/index.ts'
import type { SubgraphArtifact } from './records.ts'

/** Text of qualified subgraphs that is remembered: that of some thousand. A check and a publish look at the whole mesh several times. */
const MAX_CHARACTERS = 64 * 1024 * 1024
const qualified = new WeightedCache<string, QualifiedSdl>(10_000, MAX_CHARACTERS)

/** A published subgraph as composition and serving take it; a qualified one with its domain's name on its types. */
export function subgraphDefinition(artifact: SubgraphArtifact, products: readonly DataProduct[]): SubgraphDefinition {
  const { subgraph: name, url, sdl, naming } = artifact
  if (naming !== 'qualified') return { name, url, sdl, products }
  try {
    return { name, url, products, ...qualifiedOnce(sdl, name) }
  } catch (error) {
    // What does not parse composition reports with its place.
    if (error instanceof GraphQLError) return { name, url, sdl, products }
    throw error
  }
}

/** @throws GraphQLError when the text does not parse */
function qualifiedOnce(sdl: string, domain: string): QualifiedSdl {
  const key = `${domain} ${sdl}`
  const known = qualified.get(key)
  if (known !== undefined) return known
  const result = qualifySdl(sdl, domain)
  qualified.set(key, result, sdl.length)
  return result
}
