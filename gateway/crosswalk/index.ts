export type { EntityAnswer } from './answer-entities.ts'
export type { CrosswalkContext, VisibilityReader, VisibilityRequest } from './crosswalk-context.ts'
export { createCrosswalk, type Crosswalk, type CrosswalkOptions } from './create-crosswalk.ts'
export type { LoadReport } from './link-loader.ts'
export { buildCrosswalkModel, type CrosswalkDomain, type CrosswalkModel } from './crosswalk-model.ts'
export { buildCrosswalkSdl } from './build-crosswalk-sdl.ts'
export type { SenseReader, SenseReadRequest } from './sense-reader.ts'
export { loadLexiconFiles } from './load-lexicon-files.ts'
export {
  COMPARISON_KINDS,
  decide,
  evaluateLinks,
  inferComparisons,
  latestRows,
  loadGold,
  mergeProposals,
  parseContributions,
  proposeLinks,
} from './linking/index.ts'
export type {
  Comparison,
  ComparisonKind,
  Evaluation,
  GoldLink,
  LinkProposals,
  LinkRecord,
  MergedProposals,
  Proposal,
  ProposalPolicy,
  Quality,
  TableRow,
} from './linking/index.ts'
