import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { parse } from 'graphql'
import type { PlanNode } from '../plan-node.ts'
import { withMendedPlanner } from './mend-apollo-planner.ts'
import { normaliseApolloPlan } from './normalise-apollo-plan.ts'
import type { PlanRequest } from './plan-engine.ts'
import { separateRequiredArguments } from './required-arguments.ts'
import { RequirementCheck } from './unmet-requirement.ts'

/**
 * Apollo's planner in this thread. Access directives in the supergraph are accepted because `access` enforces them
 * before anything is planned.
 */
export function createApolloPlanning(supergraphSdl: string): (request: PlanRequest) => PlanNode | undefined {
  const { sdl, restored } = separateRequiredArguments(supergraphSdl)
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const check = new RequirementCheck(sdl)
  const schema = supergraph.apiSchema()
  const planner = new QueryPlanner(supergraph, { cache: NO_CACHE, reuseQueryFragments: false, debug: { maxEvaluatedPlans: MAX_EVALUATED_PLANS } })
  return ({ text, operationName }) => {
    const options = operationName === undefined ? { validate: false } : { validate: false, operationName }
    const operation = operationFromDocument(schema, parse(text, { noLocation: true }), options)
    const build = (isCautious: boolean): PlanNode | undefined => normaliseApolloPlan(withMendedPlanner(() => planner.buildQueryPlan(operation), { isCautious }))
    let plan = build(false)
    if (check.findUnmet(plan) !== undefined) plan = build(true)
    const unmet = check.findUnmet(plan)
    // An answer without it would be wrong without a word.
    if (unmet !== undefined) throw new Error(`the planner asks for ${unmet} without what it requires`)
    return restored(plan)
  }
}

/** Its default, 10,000, costs up to seconds more, and in 1,500 random operations found no plan with fewer fetches. */
const MAX_EVALUATED_PLANS = 1_000

/** `createPlanner` caches; the library's own 50 MB store stays empty. */
const NO_CACHE = { get: async () => undefined, set: async () => {}, delete: async () => true, clear: () => {} }
