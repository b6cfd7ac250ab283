import type { WorkerLink } from '../workers/index.ts'

/** What one process of a gateway with several shares with the others, and what it does for them. */
export interface ProcessShare extends WorkerLink {
  /** Whether this one does what is to be done once: publishes the configuration, loads links, keeps the last good graph. */
  readonly leads: boolean
  /** Nobody else serves now, so this one listens before it is ready: domains ask for the gateway's key meanwhile. */
  readonly alone: boolean
}
