import type { DemoSize } from './demo-size.ts'

/** One stage of making the demo world: statements that build tables from the tables of earlier steps. */
export interface Step {
  /** What is being made, for the progress line. */
  readonly what: string
  readonly sql: (size: DemoSize) => readonly string[]
}
