import type { TypeFacts } from '../compile/type-index.ts'
import type { PlanNode } from '../plan-node.ts'
import type { PlannerName, PlanRequest } from './plan-engine.ts'

/** What a planner in another thread or process is told. */
export type ToPlanner =
  | { readonly kind: 'start'; readonly planner: PlannerName; readonly supergraphSdl: string }
  | { readonly kind: 'plan'; readonly request: PlanRequest }

/** What it says: one `ready` or `failed`, then one answer to each request in order. */
export type FromPlanner =
  | { readonly kind: 'ready'; readonly types: TypeFacts }
  | { readonly kind: 'planned'; readonly node: PlanNode | undefined }
  | { readonly kind: 'failed'; readonly message: string }
