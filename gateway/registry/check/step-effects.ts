import { findAffectedOperations } from '../changes/index.ts'
import type { CheckEnvironment } from './check-publish.ts'
import { composeChange, type GraphStates } from './compose-change.ts'
import { NO_EFFECTS, type StepEffects } from './effects.ts'

export { NO_EFFECTS, type StepEffects } from './effects.ts'

/** Days of usage that count when no check says otherwise. */
export const USAGE_DAYS = 30

/** The effects of a step that no check came before: a rollback, a retirement, a promotion. */
export async function findStepEffects(states: GraphStates, environment: CheckEnvironment): Promise<StepEffects> {
  const composed = await environment.compose(await composeChange(states, environment))
  // What does not compose becomes no step.
  if (composed.kind === 'invalid') return NO_EFFECTS
  const usage = await environment.readUsage(USAGE_DAYS)
  const { changes } = composed.value
  return { changes, affected: findAffectedOperations(changes, usage), deprecatedUses: [] }
}
