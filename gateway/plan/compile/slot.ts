import type { EntityPart, PathSegment } from '../plan-node.ts'

/** Where a slot's entities stand, and the fetch that asked for them there. */
export interface SlotPlace {
  readonly path: readonly PathSegment[]
  readonly unit: number
}

/** An entity part's place among those of the plan: where its results are kept while an operation runs. */
export interface Slot {
  readonly index: number
  /** Index of the fetch; of the first one where equal parts were merged. */
  readonly unit: number
  readonly part: EntityPart
  readonly places: readonly SlotPlace[]
}
