export { DEFAULT_GOVERNANCE, judgeGovernance, type GovernanceExemption, type GovernancePolicy } from './governance-policy.ts'
export type { GovernanceFinding, GovernanceRule, GovernanceSubject } from './governance-rule.ts'
export { parseGovernance, type MeshGovernance } from './parse-governance.ts'
export { GOVERNANCE_RULES } from './rules/index.ts'
