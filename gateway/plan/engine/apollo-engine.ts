import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { parse } from 'graphql'
import type { PlanNode } from '../plan-node.ts'
import { normaliseApolloPlan } from './normalise-apollo-plan.ts'
import type { PlanRequest } from './plan-engine.ts'

/**
 * Apollo's planner in this thread. Access directives in the supergraph are accepted because `access` enforces them
 * before anything is planned.
 */
export function createApolloPlanning(supergraphSdl: string): (request: PlanRequest) => PlanNode | undefined {
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const schema = supergraph.apiSchema()
  const planner = new QueryPlanner(supergraph, { cache: NO_CACHE, reuseQueryFragments: false })
  return ({ text, operationName }) => {
    const options = operationName === undefined ? { validate: false } : { validate: false, operationName }
    const operation = operationFromDocument(schema, parse(text, { noLocation: true }), options)
    return normaliseApolloPlan(planner.buildQueryPlan(operation))
  }
}

/** `createPlanner` caches; the library's own 50 MB store stays empty. */
const NO_CACHE = { get: async () => undefined, set: async () => {}, delete: async () => true, clear: () => {} }
