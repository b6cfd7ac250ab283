import { GatewayError } from '@polyseme/kit/errors'
import type { OperationCost } from './estimate-cost.ts'

/** What operations may cost, and whether that is only measured. */
export interface CostBudget {
  /** `measure` lets everything through; `enforce` refuses what is over. */
  readonly mode: 'measure' | 'enforce'
  /** Estimated cost of one operation. */
  readonly maxCost: number
  /** Estimated cost of one operation in one subgraph, by its name. */
  readonly maxCostBySubgraph?: Readonly<Record<string, number>>
}

export const DEFAULT_COST_BUDGET: CostBudget = { mode: 'enforce', maxCost: 10_000_000 }

/** Why an operation is over a budget, and which one. */
export interface OverBudget {
  readonly budget: 'operation' | 'subgraph' | 'slicing'
  /** OPERATION_LIMIT_EXCEEDED with limit and value; BAD_USER_INPUT where a needed slicing argument is missing. */
  readonly error: GatewayError
}

/** The first budget that an operation is over, before it is planned; whether that refuses it is for the mode to say. */
export function findOverBudget(cost: OperationCost, budget: CostBudget): OverBudget | undefined {
  const [violation] = cost.violations
  if (violation !== undefined) return { budget: 'slicing', error: new GatewayError('BAD_USER_INPUT', violation) }
  if (cost.total > budget.maxCost) return { budget: 'operation', error: overBudget('The operation', cost.total, budget.maxCost) }
  const limits = budget.maxCostBySubgraph
  if (limits === undefined) return undefined
  for (const [subgraph, value] of cost.bySubgraph) {
    const limit = Object.hasOwn(limits, subgraph) ? limits[subgraph] : undefined
    if (limit !== undefined && value > limit) return { budget: 'subgraph', error: overBudget(`The operation in the domain "${subgraph}"`, value, limit) }
  }
  return undefined
}

function overBudget(what: string, value: number, limit: number): GatewayError {
  return new GatewayError('OPERATION_LIMIT_EXCEEDED', `${what} has an estimated cost of ${value}; at most ${limit} is allowed. Ask for fewer items or fewer fields.`, { details: { what: 'cost', limit, value } })
}
