import type * as HiveLibrary from '@graphql-hive/router-query-planner'
import { createRequire } from 'node:module'
import type { PlanNode } from '../plan-node.ts'
import { normaliseHivePlan } from './normalise-hive-plan.ts'
import type { PlanRequest } from './plan-engine.ts'

/**
 * Hive Router's planner: native code in this thread. A bug in it can end the whole process, so it runs in a process of
 * its own (`startPlannerProcess`). Loaded only where it is asked for, since not every platform has a binary.
 */
export function createHivePlanning(supergraphSdl: string): (request: PlanRequest) => PlanNode | undefined {
  const { QueryPlanner } = createRequire(import.meta.url)('@graphql-hive/router-query-planner') as typeof HiveLibrary
  const planner = new QueryPlanner(supergraphSdl)
  return ({ text, operationName }) => normaliseHivePlan(planner.plan(text, operationName, new Set(), 0))
}
