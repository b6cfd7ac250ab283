import type { Diagnostic, Severity } from '@polyseme/kit/errors'
import { GOVERNANCE_RULES } from './rules/index.ts'
import type { GovernanceRule, GovernanceSubject } from './governance-rule.ts'

/** How strict the mesh is in one environment; a rule that is not named has severity `warning`. */
export interface GovernancePolicy {
  readonly severities: Readonly<Record<string, Severity | 'off'>>
  readonly exemptions: readonly GovernanceExemption[]
}

/** A domain need not follow a rule for a stated reason, until a stated day. */
export interface GovernanceExemption {
  readonly rule: string
  readonly domain: string
  /** One product, type or field as findings name it; absent: the whole domain. */
  readonly subject?: string
  readonly reason: string
  /** Last day, ISO 8601 date; afterwards the finding is back. */
  readonly until: string
}

/** Severities of a production mesh: what protects people and meaning stops a publish, the rest warns. */
export const DEFAULT_GOVERNANCE: GovernancePolicy = {
  severities: {
    'owner-named': 'error', 'key-present': 'error', 'personal-data-classified': 'error', 'reserved-names': 'error', 'regions-allowed': 'error',
    'descriptions-present': 'warning', 'examples-present': 'info', 'deprecation-complete': 'error',
  },
  exemptions: [],
}

/** Runs every rule over a domain's contracts. Exempted findings are left out; an exemption that has ended is said to have ended. */
export function judgeGovernance(subject: GovernanceSubject, policy: GovernancePolicy, rules: readonly GovernanceRule[] = GOVERNANCE_RULES): readonly Diagnostic[] {
  const today = subject.now.toISOString().slice(0, 10)
  return rules.flatMap((rule) => {
    const severity = policy.severities[rule.name] ?? 'warning'
    if (severity === 'off') return []
    const exemptions = policy.exemptions.filter((exemption) => exemption.rule === rule.name && exemption.domain === subject.domain)
    return rule.check(subject).flatMap((finding): Diagnostic[] => {
      const matching = exemptions.filter((exemption) => exemption.subject === undefined || exemption.subject === finding.subject)
      if (matching.some((exemption) => exemption.until >= today)) return []
      const [ended] = matching
      const why = ended === undefined ? rule.why : `${rule.why} The exemption (${ended.reason}) ended on ${ended.until}.`
      return [{ rule: `governance-${rule.name}`, severity, what: finding.what, why, how: finding.how }]
    })
  })
}
