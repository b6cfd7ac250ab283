import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Schema, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { parse } from 'graphql'
import type { PlanNode } from '../plan-node.ts'
import { withMendedPlanner } from './mend-apollo-planner.ts'
import { normaliseApolloPlan } from './normalise-apollo-plan.ts'
import type { PlanRequest } from './plan-engine.ts'
import { separateRequiredArguments } from './required-arguments.ts'
import type { SupergraphText } from './supergraph-text.ts'
import { RequirementCheck } from './unmet-requirement.ts'

/**
 * Apollo's planner in this thread. Access directives in the supergraph are accepted because `access` enforces them
 * before anything is planned.
 */
export function createApolloPlanning(text: SupergraphText): (request: PlanRequest) => PlanNode | undefined {
  const { document, restored } = separateRequiredArguments(text)
  const supergraph = Supergraph.build(document, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const check = new RequirementCheck(document)
  const schema = apiSchemaOf(supergraph)
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

/** The API of a graph that composed is a valid schema: to find that out again takes a quarter of a second for 10,000 types. */
function apiSchemaOf(supergraph: Supergraph): Schema {
  const { prototype } = Schema
  // Called with the schema that is asked.
  // oxlint-disable-next-line typescript/unbound-method
  const original = prototype.validate
  prototype.validate = function validate(this: Schema): void {
    if (this === supergraph.schema) original.call(this)
    else this.assumeValid()
  }
  try {
    return supergraph.apiSchema()
  } finally {
    prototype.validate = original
  }
}

/** Its default, 10,000, costs up to seconds more, and in 1,500 random operations found no plan with fewer fetches. */
const MAX_EVALUATED_PLANS = 1_000

/** `createPlanner` caches; the library's own 50 MB store stays empty. */
const NO_CACHE = { get: async () => undefined, set: async () => {}, delete: async () => true, clear: () => {} }
