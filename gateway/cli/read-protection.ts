import type { CallerBudgetConfig, ProtectionConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** `protection` of the mesh file. */
export function readProtection(map: ConfigMap | undefined): ProtectionConfig | undefined {
  if (map === undefined) return undefined
  const concealForbidden = map.flag('concealForbidden')
  const unauthorized = map.oneOf('unauthorized', ['filter', 'reject'])
  const introspection = map.flag('introspection')
  const maxCost = map.integer('maxCost', 1, Number.MAX_SAFE_INTEGER)
  const bySubgraph = map.map('maxCostBySubgraph')
  const maxCostBySubgraph = bySubgraph === undefined ? undefined : readCosts(bySubgraph)
  const costMode = map.oneOf('costMode', ['measure', 'enforce'])
  const callerBudget = readCallerBudget(map.map('callerBudget'))
  map.end()
  return {
    ...(concealForbidden === undefined ? {} : { concealForbidden }),
    ...(unauthorized === undefined ? {} : { unauthorized }),
    ...(introspection === undefined ? {} : { introspection }),
    ...(maxCost === undefined ? {} : { maxCost }),
    ...(maxCostBySubgraph === undefined ? {} : { maxCostBySubgraph }),
    ...(costMode === undefined ? {} : { costMode }),
    ...(callerBudget === undefined ? {} : { callerBudget }),
  }
}

function readCosts(map: ConfigMap): Readonly<Record<string, number>> {
  return Object.fromEntries(map.keys().flatMap((name) => {
    const cost = map.integer(name, 0, Number.MAX_SAFE_INTEGER)
    return cost === undefined ? [] : [[name, cost] as const]
  }))
}

function readCallerBudget(map: ConfigMap | undefined): CallerBudgetConfig | undefined {
  if (map === undefined) return undefined
  const cost = map.integer('cost', 1, Number.MAX_SAFE_INTEGER)
  if (cost === undefined && !map.has('cost')) map.missing('cost')
  const windowSeconds = map.integer('windowSeconds', 1, 86_400)
  const maxCallers = map.integer('maxCallers', 1, 10_000_000)
  map.end()
  return { cost: cost ?? 1, ...(windowSeconds === undefined ? {} : { windowSeconds }), ...(maxCallers === undefined ? {} : { maxCallers }) }
}
