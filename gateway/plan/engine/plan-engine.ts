import type { TypeFacts } from '../compile/type-index.ts'
import type { PlanNode } from '../plan-node.ts'

/** Which planner library plans. */
export type PlannerName = 'apollo' | 'hive'

/** What a planner library is asked: the filtered document as text and the name of the operation in it. */
export interface PlanRequest {
  readonly text: string
  readonly operationName: string | undefined
}

/** One planner library behind one interface. */
export interface PlanEngine {
  /**
   * Undefined when the operation needs no subgraph.
   *
   * @throws OPERATION_LIMIT_EXCEEDED when planning takes too long, INTERNAL when the library fails
   */
  plan(request: PlanRequest): Promise<PlanNode | undefined>
  /** What compiling plans needs to know of the supergraph's types. */
  types(): Promise<TypeFacts>
  close(): Promise<void>
}
