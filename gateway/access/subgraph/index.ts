export { ACCESS_SDL } from './access-sdl.ts'
export { createAccessSubgraph, type AccessContext, type AccessSubgraphOptions } from './create-access-subgraph.ts'
