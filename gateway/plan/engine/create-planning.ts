import { assertNever } from '@polyseme/kit/errors'
import type { PlanNode } from '../plan-node.ts'
import { createApolloPlanning } from './apollo-engine.ts'
import { createHivePlanning } from './hive-engine.ts'
import type { PlannerName, PlanRequest } from './plan-engine.ts'
import type { SupergraphText } from './supergraph-text.ts'

/** Builds a planner library's planning function; costs seconds for a large supergraph. */
export function createPlanning(name: PlannerName, supergraph: SupergraphText): (request: PlanRequest) => PlanNode | undefined {
  switch (name) {
    case 'apollo':
      return createApolloPlanning(supergraph)
    case 'hive':
      return createHivePlanning(supergraph.sdl)
    default:
      return assertNever(name)
  }
}
