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

/**
 * Refuses an operation that costs more than the budget allows, before it is planned; in mode `measure` nothing is refused.
 *
 * @throws OPERATION_LIMIT_EXCEEDED with limit and value; BAD_USER_INPUT where a needed slicing argument is missing
 */
export function assertWithinBudget(cost: OperationCost, budget: CostBudget): void {
  if (budget.mode === 'measure') return
  const [violation] = cost.violations
  if (violation !== undefined) throw new GatewayError('BAD_USER_INPUT', violation)
  if (cost.total > budget.maxCost) throw overBudget('The operation', cost.total, budget.maxCost)
  for (const [subgraph, value] of cost.bySubgraph) {
    const limits = budget.maxCostBySubgraph ?? {}
    const limit = Object.hasOwn(limits, subgraph) ? limits[subgraph] : undefined
    if (limit !== undefined && value > limit) throw overBudget(`The operation in the domain "${subgraph}"`, value, limit)
  }
}

function overBudget(what: string, value: number, limit: number): GatewayError {
  return new GatewayError('OPERATION_LIMIT_EXCEEDED', `${what} has an estimated cost of ${value}; at most ${limit} is allowed. Ask for fewer items or fewer fields.`, { details: { what: 'cost', limit, value } })
}

export interface CallerBudgetOptions {
  /** Cost that a caller may cause in a minute on end; also the most that can be spent at once. */
  readonly costPerMinute: number
  /** Callers remembered; the one that asked longest ago is forgotten first. Default 10,000. */
  readonly maxCallers?: number
}

/** What each caller has left to spend; fills up evenly with time. Keeps its state in this process. */
export class CallerBudgets {
  readonly #costPerMinute: number
  readonly #maxCallers: number
  readonly #spent = new Map<string, { readonly left: number; readonly atMs: number }>()

  constructor({ costPerMinute, maxCallers = 10_000 }: CallerBudgetOptions) {
    this.#costPerMinute = costPerMinute
    this.#maxCallers = maxCallers
  }

  /**
   * Spends a cost for a caller, or says in how many milliseconds it can be spent; more than a whole minute's budget never can.
   */
  spend(caller: string, cost: number, nowMs: number): { readonly kind: 'spent' } | { readonly kind: 'wait'; readonly waitMs: number } {
    const known = this.#spent.get(caller)
    const left = known === undefined ? this.#costPerMinute : Math.min(this.#costPerMinute, known.left + (Math.max(0, nowMs - known.atMs) * this.#costPerMinute) / 60_000)
    if (cost > left) return { kind: 'wait', waitMs: cost > this.#costPerMinute ? Number.POSITIVE_INFINITY : Math.ceil(((cost - left) * 60_000) / this.#costPerMinute) }
    this.#spent.delete(caller)
    this.#spent.set(caller, { left: left - cost, atMs: nowMs })
    if (this.#spent.size > this.#maxCallers) {
      const oldest = this.#spent.keys().next()
      if (oldest.done !== true) this.#spent.delete(oldest.value)
    }
    return { kind: 'spent' }
  }
}
