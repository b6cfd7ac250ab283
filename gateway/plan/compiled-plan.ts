import type { DocumentNode } from 'graphql'
import type { ResponseShape } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { PlanNode } from './plan-node.ts'

/** A plan ready to run, for every operation with the same plan key on this supergraph. */
export interface CompiledPlan {
  readonly planKey: string
  readonly supergraph: Supergraph
  /** Undefined when no subgraph is needed: introspection, `__typename`, or nothing left after authorization. */
  readonly node: PlanNode | undefined
  /** What the answer looks like, denied places marked. */
  readonly shape: ResponseShape
  /** The introspection part of the operation, if it has one. */
  readonly introspection: DocumentNode | undefined
}
