export { loadOrCreateCursorSecret } from './cursor-secret.ts'
export { loadDomain, type LoadedDomain } from './load-domain.ts'
export { startSubgraph, type RunningSubgraph, type SubgraphNotice, type SubgraphOptions } from './start-subgraph.ts'
