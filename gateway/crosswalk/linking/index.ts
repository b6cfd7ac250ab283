export { COMPARISON_KINDS, type Comparison, type ComparisonKind } from './comparison.ts'
export { evaluateLinks, type Evaluation, type FieldConfusion, type GoldLink, type Quality } from './evaluate-links.ts'
export { inferComparisons } from './infer-comparisons.ts'
export type { LinkRecord } from './linkage-database.ts'
export { loadGold } from './load-gold.ts'
export {
  decide,
  latestRows,
  LINKING_TOOL,
  mergeProposals,
  parseContributions,
  type MergedProposals,
  type ProposalPolicy,
  type TableRow,
} from './proposal-table.ts'
export { proposeLinks, type Contribution, type LinkProposals, type Proposal, type ProposeOptions } from './propose-links.ts'
