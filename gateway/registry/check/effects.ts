import type { AffectedOperation, DeprecatedUse, GraphChange } from '../changes/index.ts'

/** What a step does to those who use the graph. */
export interface StepEffects {
  readonly changes: readonly GraphChange[]
  readonly affected: readonly AffectedOperation[]
  readonly deprecatedUses: readonly DeprecatedUse[]
}

export const NO_EFFECTS: StepEffects = { changes: [], affected: [], deprecatedUses: [] }
