import { GatewayError } from '@polyseme/kit/errors'
import type { CallerBudgets, Spending } from '../operation/index.ts'
import type { Channel, Method } from './channel.ts'

/** A caller waits for it before its operation begins. */
const TIMEOUT_MS = 2_000

interface Change {
  readonly kind: 'spend' | 'correct'
  readonly caller: string
  readonly amount: number
  readonly nowMs: number
}

interface Waiting {
  readonly change: Change
  readonly resolve: (spending: Spending) => void
  readonly reject: (error: GatewayError) => void
}

/** Callers' budgets as a worker sees them: the primary process keeps them for all. What comes in one turn of the event loop goes in one message. */
export class RemoteCallerBudgets implements CallerBudgets {
  readonly cost: number
  readonly windowMs: number
  readonly #channel: Channel
  #waiting: Waiting[] = []

  constructor(channel: Channel, { cost, windowMs }: Pick<CallerBudgets, 'cost' | 'windowMs'>) {
    this.#channel = channel
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

  #change(change: Change): Promise<Spending> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ change, resolve, reject }) === 1) setImmediate(() => void this.#send())
    })
  }

  async #send(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    try {
      const spendings = await this.#channel.call('budgets', batch.map(({ change }) => change), TIMEOUT_MS) as readonly Spending[]
      batch.forEach(({ resolve, reject }, index) => {
        const spending = spendings[index]
        if (spending === undefined) reject(unanswered(undefined))
        else resolve(spending)
      })
    } catch (cause) {
      for (const { reject } of batch) reject(unanswered(cause))
    }
  }
}

function unanswered(cause: unknown): GatewayError {
  return new GatewayError('OVERLOADED', 'the process that keeps the callers\' budgets does not answer', { cause })
}

/** The primary's side, over the one store of all workers. */
export function budgetsMethod(budgets: CallerBudgets): Method {
  return async (input) => await Promise.all((input as readonly Change[]).map(async ({ kind, caller, amount, nowMs }) => await budgets[kind](caller, amount, nowMs)))
}
