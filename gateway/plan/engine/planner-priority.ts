import { constants, getPriority, setPriority } from 'node:os'

const NICENESS = 5

/** Building a planner takes seconds, and those who ask what is planned already go first. Where it is not allowed, it plans as any other. */
export function lowerPriority(): void {
  try {
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS))
  } catch {
    // Nothing but time is lost.
  }
}
