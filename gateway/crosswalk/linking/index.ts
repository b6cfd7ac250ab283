export { COMPARISON_KINDS, type Comparison, type ComparisonKind } from './comparison.ts'
export { evaluateLinks, type Evaluation, type FieldConfusion, type GoldLink, type Quality } from './evaluate-links.ts'
export type { LinkRecord } from './linkage-database.ts'
export { proposeLinks, type Contribution, type LinkProposals, type Proposal, type ProposeOptions } from './propose-links.ts'
