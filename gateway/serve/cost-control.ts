import { ERROR_CODES, GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import type { ExecutionOutcome } from '../execute/index.ts'
import { actualCost, DEFAULT_COST_BUDGET, estimateCost, findOverBudget, type CallerBudgets, type CostBudget, type OperationCost, type ParsedOperation, type Spending } from '../operation/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { Metrics } from './metrics.ts'

export interface CostControlOptions {
  /** What one operation may cost, and whether that is only measured; default `DEFAULT_COST_BUDGET`. */
  readonly budget?: CostBudget
  /** What each caller may spend; absent: as much as they like. */
  readonly callers?: CallerBudgets
  readonly metrics?: Metrics
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

/** What an operation cost. */
export interface CostReport {
  readonly estimated: OperationCost
  /** Absent for an answer that is sent while it is made: nobody holds it. */
  readonly actual?: number
  /** What is left of the caller's budget; absent where callers have none. */
  readonly callerBudget?: { readonly cost: number; readonly windowMs: number; readonly left: number }
}

/** An operation whose cost somebody wants to know. */
export interface CostedOperation {
  readonly operation: Pick<ParsedOperation, 'document' | 'operation' | 'variables'>
  readonly supergraph: Supergraph
  readonly principal: Principal
  /** The actual cost is wanted even where no budget needs it. */
  readonly reported: boolean
}

/**
 * Lets operations through that the budgets allow, and charges callers.
 *
 * An estimated cost is charged before the operation runs, and corrected by the actual one when its answer is whole: who
 * leaves early, or overwhelms a domain, pays what was to be expected. The actual cost is worked out only where a caller's budget,
 * the mode `measure` or the caller asks for it.
 */
export class CostControl {
  readonly #budget: CostBudget
  readonly #callers: CallerBudgets | undefined
  readonly #metrics: Metrics | undefined
  readonly #clock: () => number

  constructor({ budget = DEFAULT_COST_BUDGET, callers, metrics, clock = Date.now }: CostControlOptions = {}) {
    this.#budget = budget
    this.#callers = callers
    this.#metrics = metrics
    this.#clock = clock
  }

  /**
   * Undefined where nobody wants to know the actual cost.
   *
   * @throws OPERATION_LIMIT_EXCEEDED · BAD_USER_INPUT a needed slicing argument is missing · CALLER_BUDGET_EXCEEDED
   */
  admit(costed: CostedOperation): Charge | undefined | Promise<Charge> {
    const estimated = estimateCost(costed.operation, costed.supergraph)
    const over = findOverBudget(estimated, this.#budget)
    if (over !== undefined) this.#refuse(over.budget, over.error)
    if (this.#callers !== undefined) return this.#charge(costed, estimated, this.#callers)
    return costed.reported || this.#budget.mode === 'measure' ? this.#opened(costed, estimated) : undefined
  }

  async #charge(costed: CostedOperation, estimated: OperationCost, budgets: CallerBudgets): Promise<Charge> {
    const { issuer, subject } = costed.principal
    const caller = JSON.stringify([issuer, subject])
    const nowMs = this.#clock()
    const spending = await budgets.spend(caller, estimated.total, nowMs)
    if (spending.kind === 'wait') this.#refuse('caller', callerBudgetError(estimated.total, spending, budgets))
    return this.#opened(costed, estimated, {
      budgets,
      left: spending.left,
      // What was only measured was not taken.
      correct: async (difference) => spending.kind === 'spent' ? await budgets.correct(caller, difference, this.#clock()) : spending,
    })
  }

  #opened(costed: CostedOperation, estimated: OperationCost, account?: Account): Charge {
    return new Charge({ ...costed, estimated, ...(account === undefined ? {} : { account }), ...(this.#metrics === undefined ? {} : { metrics: this.#metrics }) })
  }

  #refuse(budget: 'operation' | 'subgraph' | 'slicing' | 'caller', error: GatewayError): void {
    this.#metrics?.count('polyseme_cost_over_budget_total', 'Operations over a budget of cost, by the budget; in mode `measure` they ran all the same.', { budget, mode: this.#budget.mode })
    if (this.#budget.mode === 'enforce') throw error
  }
}

interface Account {
  readonly budgets: CallerBudgets
  /** After the estimated cost. */
  readonly left: number
  readonly correct: (difference: number) => Promise<Spending>
}

interface ChargeOptions extends Omit<CostedOperation, 'principal' | 'reported'> {
  readonly estimated: OperationCost
  readonly account?: Account
  readonly metrics?: Metrics
}

/** What was charged for one operation, until it has ended. */
export class Charge {
  readonly #options: ChargeOptions

  constructor(options: ChargeOptions) {
    this.#options = options
  }

  /** The operation was answered; whether the client is still there decides with the calls whether the answer is whole. */
  async settle({ data, calls }: Pick<ExecutionOutcome, 'data' | 'calls'>, signal: AbortSignal): Promise<CostReport> {
    const { operation, supergraph, estimated, account, metrics } = this.#options
    const actual = actualCost(operation, data, supergraph)
    metrics?.count('polyseme_cost_estimated_total', 'Estimated cost of the operations whose actual cost was measured.', {}, estimated.total)
    metrics?.count('polyseme_cost_actual_total', 'Actual cost of those operations.', {}, actual)
    if (account === undefined) return { estimated, actual }
    const isWhole = !signal.aborted && calls.every(({ outcome }) => outcome === 'answered')
    // The answer is there: a store that does not answer now keeps what was charged before.
    const corrected = await account.correct(isWhole ? actual - estimated.total : 0).catch(() => undefined)
    return { estimated, actual, ...(corrected === undefined ? {} : budgetOf(account, corrected.left)) }
  }

  /** The operation is answered while its answer is made: it costs what was estimated. */
  settleUnseen(): CostReport {
    const { estimated, account } = this.#options
    return { estimated, ...(account === undefined ? {} : budgetOf(account, account.left)) }
  }

  /** There is no answer; what the gateway itself could not do is given back. */
  async abandon(failure: unknown): Promise<void> {
    const isOurs = failure instanceof GatewayError && ERROR_CODES[failure.code].status === 503
    // What went wrong before is what the client is told.
    if (isOurs) await this.#options.account?.correct(-this.#options.estimated.total).catch(() => undefined)
  }
}

function budgetOf({ budgets: { cost, windowMs } }: Account, left: number): Pick<CostReport, 'callerBudget'> {
  return { callerBudget: { cost, windowMs, left } }
}

function callerBudgetError(cost: number, { left, waitMs }: Extract<Spending, { kind: 'wait' }>, budgets: CallerBudgets): GatewayError {
  const windowSec = Math.ceil(budgets.windowMs / 1_000)
  const budget = `${budgets.cost} for every ${windowSec} seconds`
  if (waitMs === Number.POSITIVE_INFINITY) {
    return new GatewayError('OPERATION_LIMIT_EXCEEDED', `The operation has an estimated cost of ${cost}; a caller may spend ${budget}. Ask for fewer items or fewer fields.`, { details: { what: 'cost', limit: budgets.cost, value: cost } })
  }
  const retryAfterSec = Math.max(1, Math.ceil(waitMs / 1_000))
  return new GatewayError('CALLER_BUDGET_EXCEEDED', `The operation has an estimated cost of ${cost}; you have ${Math.floor(left)} left of ${budget}. Ask again in ${retryAfterSec} s, or for less.`, { details: { limit: budgets.cost, windowSec, left: Math.floor(left), value: cost, retryAfterSec } })
}
