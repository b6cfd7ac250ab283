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
  /** Somebody who may approve has accepted exactly this content. */
  readonly approved: boolean
  readonly verdict: CheckVerdict
}

/**
 * `pass`: it may be published. `breaks-consumers`: recorded operations would fail. `needs-approval`: it weakens protection.
 * `fail`: it has errors.
 */
export type CheckVerdict = 'pass' | 'needs-approval' | 'breaks-consumers' | 'fail'

/** The verdict, worst reason first; an approval answers `needs-approval` and `breaks-consumers`, never an error. */
export function judge(report: Pick<CheckReport, 'findings' | 'changes' | 'affected' | 'approved'>): CheckVerdict {
  if (report.findings.some(({ severity }) => severity === 'error')) return 'fail'
  if (report.approved) return 'pass'
  if (report.changes.some(({ weakensProtection }) => weakensProtection)) return 'needs-approval'
  return report.affected.length > 0 ? 'breaks-consumers' : 'pass'
}
