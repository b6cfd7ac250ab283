import type { DocumentNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import type { Program } from './compile/compile-program.ts'
import type { PlanNode } from './plan-node.ts'

/** A plan ready to run, for every operation with the same plan key on this supergraph. */
export interface CompiledPlan {
  readonly planKey: string
  readonly supergraph: Supergraph
  /** Undefined when no subgraph is needed: introspection, `__typename`, or nothing left after authorization. */
  readonly node: PlanNode | undefined
  readonly program: Program
  /** The introspection part of the operation, if it has one. */
  readonly introspection: DocumentNode | undefined
}
