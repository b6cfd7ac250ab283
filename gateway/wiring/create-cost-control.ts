import { DEFAULT_COST_BUDGET, MemoryCallerBudgets } from '../operation/index.ts'
import { CostControl, type Metrics } from '../serve/index.ts'
import type { CallerBudgetConfig, ProtectionConfig } from './gateway-config.ts'

/** The budgets of cost that the configuration sets. */
export function createCostControl(protection: ProtectionConfig | undefined, metrics: Metrics): CostControl {
  const { maxCost, maxCostBySubgraph, costMode, callerBudget } = protection ?? {}
  const budget = { mode: costMode ?? DEFAULT_COST_BUDGET.mode, maxCost: maxCost ?? DEFAULT_COST_BUDGET.maxCost, ...(maxCostBySubgraph === undefined ? {} : { maxCostBySubgraph }) }
  return new CostControl({ budget, metrics, ...(callerBudget === undefined ? {} : { callers: budgetsOf(callerBudget) }) })
}

function budgetsOf({ cost, windowSeconds = 60, maxCallers }: CallerBudgetConfig): MemoryCallerBudgets {
  return new MemoryCallerBudgets({ cost, windowMs: windowSeconds * 1_000, ...(maxCallers === undefined ? {} : { maxCallers }) })
}
