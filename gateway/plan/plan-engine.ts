import type { PlanNode } from './plan-node.ts'

/** What a planner library is asked: the filtered document as text and the name of the operation in it. */
export interface PlanRequest {
  readonly text: string
  readonly operationName: string | undefined
}

/** One planner library behind one interface; undefined when the operation needs no subgraph. */
export interface PlanEngine {
  plan(request: PlanRequest): Promise<PlanNode | undefined>
  close(): Promise<void>
}
