import { GatewayError } from '@polyseme/kit/errors'
import type { CallerBudgets, Spending } from '../operation/index.ts'
import { BatchedCalls } from './batched-calls.ts'
import type { Channel, Method } from './channel.ts'

/** A caller waits for it before its operation begins. */
const TIMEOUT_MS = 2_000

interface Change {
  readonly kind: 'spend' | 'correct'
  readonly caller: string
  readonly amount: number
  readonly nowMs: number
}

/** Callers' budgets as a worker sees them: the primary process keeps them for all. */
export class RemoteCallerBudgets implements CallerBudgets {
  readonly cost: number
  readonly windowMs: number
  readonly #calls: BatchedCalls<Change, Spending>

  constructor(channel: Channel, { cost, windowMs }: Pick<CallerBudgets, 'cost' | 'windowMs'>) {
    this.#calls = new BatchedCalls(channel, 'budgets', TIMEOUT_MS)
    this.cost = cost
    this.windowMs = windowMs
  }

  /** @throws OVERLOADED the primary process does not answer */
  spend(caller: string, cost: number, nowMs: number): Promise<Spending> {
    return this.#change({ kind: 'spend', caller, amount: cost, nowMs })
  }

  /** @throws OVERLOADED the primary process does not answer */
  correct(caller: string, difference: number, nowMs: number): Promise<Spending> {
    return this.#change({ kind: 'correct', caller, amount: difference, nowMs })
  }

  async #change(change: Change): Promise<Spending> {
    const spending = await this.#calls.call(change).catch((cause: unknown) => { throw unanswered(cause) })
    if (spending === undefined) throw unanswered(undefined)
    return spending
  }
}

function unanswered(cause: unknown): GatewayError {
  return new GatewayError('OVERLOADED', 'the process that keeps the callers\' budgets does not answer', { cause })
}

/** The primary's side, over the one store of all workers. */
export function budgetsMethod(budgets: CallerBudgets): Method {
  return async (input) => await Promise.all((input as readonly Change[]).map(async ({ kind, caller, amount, nowMs }) => await budgets[kind](caller, amount, nowMs)))
}
