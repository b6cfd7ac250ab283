import { parse, type DocumentNode } from 'graphql'

/** A supergraph as text and as what it is parsed to, once for all who read it: of a large one that takes a tenth of a second. */
export interface SupergraphText {
  readonly sdl: string
  readonly document: DocumentNode
}

export function parseSupergraph(sdl: string): SupergraphText {
  return { sdl, document: parse(sdl, { noLocation: true }) }
}
