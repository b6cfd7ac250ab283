import type { Position } from './position.ts'

/** A place in the answer about which an error may have to be reported; paths with `null` for each list index. */
export interface Site {
  readonly path: readonly (string | null)[]
  readonly position: Position
  /** For messages: `Type.field`. */
  readonly coordinate: string
  /** Fetches that bring the value. */
  readonly units: readonly number[]
}
