export type { CompiledPlan } from './compiled-plan.ts'
export type { EntityPart, FetchNode, PathSegment, PlanNode, RequiredSelection, Rewrite, RewriteSegment } from './plan-node.ts'
export { createPlanner, type Planner, type PlannerOptions } from './planner.ts'
