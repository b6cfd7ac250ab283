export interface CallerBudgetOptions {
  /** Cost that a caller may cause at once. */
  readonly cost: number
  /** Time in which a spent budget is whole again, evenly, milliseconds; default 60,000. */
  readonly windowMs?: number
  /** Callers remembered; the one that asked longest ago is forgotten first, which fills its budget. Default 10,000. */
  readonly maxCallers?: number
}

/** Outcome of spending: what is left of the budget, or how long to wait until there is enough. */
export type Spending =
  | { readonly kind: 'spent'; readonly left: number }
  /** `waitMs` is infinite for a cost that is more than a whole budget. */
  | { readonly kind: 'wait'; readonly left: number; readonly waitMs: number }

/** What each caller has left to spend. Gateways that share a store share the budgets, so it may answer later. */
export interface CallerBudgets {
  /** The whole budget of one caller. */
  readonly cost: number
  /** Time in which it fills up. */
  readonly windowMs: number
  /** Spends an expected cost, or nothing when it is not there. */
  spend(caller: string, cost: number, nowMs: number): Spending | Promise<Spending>
  /** Takes what a spending cost beyond what was expected; negative gives back. May leave a debt of one whole budget. */
  correct(caller: string, difference: number, nowMs: number): Spending | Promise<Spending>
}

interface Account {
  readonly left: number
  readonly atMs: number
}

/** Budgets of callers in the memory of this process. */
export class MemoryCallerBudgets implements CallerBudgets {
  readonly cost: number
  readonly windowMs: number
  readonly #maxCallers: number
  readonly #accounts = new Map<string, Account>()

  constructor({ cost, windowMs = 60_000, maxCallers = 10_000 }: CallerBudgetOptions) {
    if (!(cost > 0) || !(windowMs > 0) || !(maxCallers >= 1)) throw new TypeError('cost, windowMs and maxCallers must be positive')
    this.cost = cost
    this.windowMs = windowMs
    this.#maxCallers = maxCallers
  }

  spend(caller: string, cost: number, nowMs: number): Spending {
    const left = this.#left(caller, nowMs)
    if (cost > left) return { kind: 'wait', left: Math.max(0, left), waitMs: cost > this.cost ? Number.POSITIVE_INFINITY : Math.ceil(((cost - left) * this.windowMs) / this.cost) }
    return this.#keep(caller, left - cost, nowMs)
  }

  correct(caller: string, difference: number, nowMs: number): Spending {
    return this.#keep(caller, Math.max(-this.cost, Math.min(this.cost, this.#left(caller, nowMs) - difference)), nowMs)
  }

  #left(caller: string, nowMs: number): number {
    const known = this.#accounts.get(caller)
    return known === undefined ? this.cost : Math.min(this.cost, known.left + (Math.max(0, nowMs - known.atMs) * this.cost) / this.windowMs)
  }

  #keep(caller: string, left: number, nowMs: number): Spending {
    // A clock that went back must not give the same time twice.
    const atMs = Math.max(nowMs, this.#accounts.get(caller)?.atMs ?? nowMs)
    this.#accounts.delete(caller)
    this.#accounts.set(caller, { left, atMs })
    if (this.#accounts.size > this.#maxCallers) {
      const oldest = this.#accounts.keys().next()
      if (oldest.done !== true) this.#accounts.delete(oldest.value)
    }
    return { kind: 'spent', left: Math.max(0, left) }
  }
}
