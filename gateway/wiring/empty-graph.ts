import type { LivePolicies } from '../access/index.ts'
import { createPlanner } from '../plan/index.ts'
import type { ServingGraph } from '../serve/index.ts'
import { composeSupergraph } from '../supergraph/index.ts'
import { valueOf } from './load-mesh.ts'

/** What is served before the first publish: a graph with nothing in it, which answers GRAPH_EMPTY. */
export function buildEmptyGraph(policies: LivePolicies): ServingGraph {
  const nothing = { name: 'gateway', url: 'inprocess:gateway', sdl: 'type Query { isEmpty: Boolean }', products: [] }
  const supergraph = valueOf(composeSupergraph([nothing]), 'COMPOSITION_FAILED', 'polyseme check')
  // Never asked to plan anything, so it needs no thread of its own.
  const planner = createPlanner(supergraph, { isolation: 'inline' })
  return { supergraph, planner, transports: new Map(), decider: () => policies.accessDecider(supergraph), isEmpty: true, close: async () => await planner.close() }
}
