import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { parse } from 'graphql'
import { normaliseApolloPlan } from './normalise-apollo-plan.ts'
import type { PlanEngine, PlanRequest } from './plan-engine.ts'
import type { PlanNode } from './plan-node.ts'

/**
 * Apollo's planner in this thread. Access directives in the supergraph are accepted because `access` enforces them
 * before anything is planned.
 */
export function createApolloEngine(supergraphSdl: string): PlanEngine {
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const schema = supergraph.apiSchema()
  const planner = new QueryPlanner(supergraph, { cache: NO_CACHE, reuseQueryFragments: false })
  return {
    plan: async (request: PlanRequest): Promise<PlanNode | undefined> => {
      const options = request.operationName === undefined ? { validate: false } : { validate: false, operationName: request.operationName }
      const operation = operationFromDocument(schema, parse(request.text, { noLocation: true }), options)
      return normaliseApolloPlan(planner.buildQueryPlan(operation))
    },
    close: async () => {},
  }
}

/** `createPlanner` caches; the library's own 50 MB store stays empty. */
const NO_CACHE = { get: async () => undefined, set: async () => {}, delete: async () => true, clear: () => {} }
