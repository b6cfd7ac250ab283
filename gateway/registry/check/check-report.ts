import type { Diagnostic } from '@polyseme/kit/errors'
import type { AffectedOperation, DeprecatedUse, GraphChange } from '../changes/index.ts'

/** Everything that is known about a publish before it happens; the same for a terminal, a pull request and a program. */
export interface CheckReport {
  readonly subgraph: string
  /** Version it would replace; 0: none yet. */
  readonly basedOn: number
  /** Of the artefact: an approval names it. */
  readonly hash: string
  /** Contract, composition, governance and meaning, in this order. */
  readonly findings: readonly Diagnostic[]
  readonly changes: readonly GraphChange[]
  /** Recorded operations that would break, busiest first; over `usageDays`. */
  readonly affected: readonly AffectedOperation[]
  /** Recorded operations that use what the domain marks as going away, busiest first; they still work. */
  readonly deprecatedUses: readonly DeprecatedUse[]
  readonly usageDays: number
  /** Domains of which somebody who may approve has still to accept exactly this content: the own one for what it weakens or breaks, another for what is taken over from it. */
  readonly awaiting: readonly string[]
  readonly verdict: CheckVerdict
}

/**
 * `pass`: it may be published. `breaks-consumers`: recorded operations would fail. `needs-approval`: it weakens protection.
 * `fail`: it has errors.
 */
export type CheckVerdict = 'pass' | 'needs-approval' | 'breaks-consumers' | 'fail'

/** The verdict, worst reason first; an approval answers `needs-approval` and `breaks-consumers`, never an error. */
export function judge({ findings, changes, awaiting }: Pick<CheckReport, 'findings' | 'changes' | 'awaiting'>): CheckVerdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'fail'
  if (awaiting.length === 0) return 'pass'
  return changes.some(({ weakensProtection }) => weakensProtection) ? 'needs-approval' : 'breaks-consumers'
}

/** Of what is wrong by itself, before anything is compared or composed. */
export function failedReport({ subgraph, findings, hash = '', usageDays }: Pick<CheckReport, 'subgraph' | 'findings' | 'usageDays'> & { readonly hash?: string }): CheckReport {
  return { subgraph, basedOn: 0, hash, findings, changes: [], affected: [], deprecatedUses: [], usageDays, awaiting: [], verdict: 'fail' }
}
