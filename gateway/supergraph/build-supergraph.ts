import type { Supergraph as ComposedSupergraph } from '@apollo/federation-internals'
import { GatewayError } from '@polyseme/kit/errors'
import { createHash } from 'node:crypto'
import { buildAccessTable } from './build-access-table.ts'
import { buildCostTable } from './build-cost-table.ts'
import { findMissingAccess, type DeclaredAccess } from './declared-access.ts'
import { buildFieldOwners } from './field-owners.ts'
import { findUncoveredInterfaces } from './interface-cover.ts'
import { buildRequiredCoordinates } from './required-coordinates.ts'
import type { SubgraphDefinition, Supergraph } from './supergraph.ts'

/** A composed graph's SDL and what was read from it. */
export interface ReadGraph {
  readonly sdl: string
  readonly composed: ComposedSupergraph
}

/**
 * Everything the gateway knows of a composed graph.
 *
 * @throws COMPOSITION_FAILED when the graph lacks a protection that a subgraph declares
 */
export function buildSupergraph({ sdl, composed }: ReadGraph, subgraphs: readonly SubgraphDefinition[], declared: readonly DeclaredAccess[]): Supergraph {
  const access = buildAccessTable(composed.schema)
  assertEveryProtectionHeld(findMissingAccess(access, declared))
  assertNoInterfaceAlone(findUncoveredInterfaces(composed.schema, access))
  return {
    id: createHash('sha256').update(sdl).digest('hex'),
    sdl,
    apiSchema: composed.apiSchema().toGraphQLJSSchema(),
    subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    access,
    requires: buildRequiredCoordinates(composed.schema),
    owners: buildFieldOwners(composed.schema),
    costs: buildCostTable(composed.schema, subgraphs),
  }
}

// Two readers of the same facts, the composer and ours: where they differ, serving would leave a field open.
function assertEveryProtectionHeld(missing: readonly DeclaredAccess[]): void {
  if (missing.length === 0) return
  const places = missing.map(({ subgraph, coordinate, directive }) => `@${directive} on ${coordinate} in domain "${subgraph}"`)
  throw new GatewayError('COMPOSITION_FAILED', `The composed graph does not hold every declared protection: ${places.join('; ')}. Declare it on the domain that serves the field.`)
}

function assertNoInterfaceAlone(coordinates: readonly string[]): void {
  if (coordinates.length === 0) return
  throw new GatewayError('COMPOSITION_FAILED', `The composed graph protects ${coordinates.join(', ')} more than the types that implement it. Declare the protection on the implementing types.`)
}
