import { DEFAULT_COST_BUDGET, MemoryCallerBudgets, type CallerBudgets } from '../operation/index.ts'
import { CostControl, type Metrics } from '../serve/index.ts'
import type { CallerBudgetConfig, ProtectionConfig } from './gateway-config.ts'
import type { ProcessShare } from './process-share.ts'

/** The budgets of cost that the configuration sets; callers' are shared by all processes of a gateway. */
export function createCostControl(protection: ProtectionConfig | undefined, metrics: Metrics, share?: Pick<ProcessShare, 'callerBudgets'>): CostControl {
  const { maxCost, maxCostBySubgraph, costMode, callerBudget } = protection ?? {}
  const budget = { mode: costMode ?? DEFAULT_COST_BUDGET.mode, maxCost: maxCost ?? DEFAULT_COST_BUDGET.maxCost, ...(maxCostBySubgraph === undefined ? {} : { maxCostBySubgraph }) }
  if (callerBudget === undefined) return new CostControl({ budget, metrics })
  return new CostControl({ budget, metrics, callers: share?.callerBudgets(sizeOf(callerBudget)) ?? createCallerBudgets(callerBudget) })
}

/** What callers have left to spend, in the memory of this process. */
export function createCallerBudgets(config: CallerBudgetConfig): CallerBudgets {
  const { maxCallers } = config
  return new MemoryCallerBudgets({ ...sizeOf(config), ...(maxCallers === undefined ? {} : { maxCallers }) })
}

function sizeOf({ cost, windowSeconds = 60 }: CallerBudgetConfig): Pick<CallerBudgets, 'cost' | 'windowMs'> {
  return { cost, windowMs: windowSeconds * 1_000 }
}
