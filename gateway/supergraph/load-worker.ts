import { GatewayError } from '@polyseme/kit/errors'
import { parse, printSchema, type GraphQLSchema } from 'graphql'
import { loadSupergraph } from './compose.ts'
import type { LoadedPart, LoadTask, LoadTable } from './load-off-thread.ts'

/** What one message may hold, so that the thread that receives it is done with it in two milliseconds. */
const ENTRIES_IN_A_MESSAGE = 500
const CHARACTERS_IN_A_MESSAGE = 32 * 1024

type Post = (part: LoadedPart) => void

function postTable(post: Post, table: LoadTable, entries: ReadonlyMap<string, unknown>): void {
  const all = [...entries]
  for (let from = 0; from < all.length; from += ENTRIES_IN_A_MESSAGE) post({ kind: 'entries', table, entries: all.slice(from, from + ENTRIES_IN_A_MESSAGE) })
}

/** Whole definitions, so that each piece can be parsed by itself. */
function postDefinitions(post: Post, schema: GraphQLSchema): void {
  const sdl = printSchema(schema)
  let from = 0
  let to = 0
  for (const { loc } of parse(sdl).definitions) {
    to = loc?.end ?? sdl.length
    if (to - from < CHARACTERS_IN_A_MESSAGE) continue
    post({ kind: 'definitions', apiSdl: sdl.slice(from, to) })
    from = to
  }
  if (to > from) post({ kind: 'definitions', apiSdl: sdl.slice(from, to) })
}

/** Reads a graph and posts what it found in pieces. */
export function run({ sdl, subgraphs }: LoadTask, post: Post): void {
  try {
    const { id, apiSchema, access, requires, owners, costs } = loadSupergraph(sdl, subgraphs)
    postTable(post, 'access', access)
    postTable(post, 'requires', requires)
    postTable(post, 'owners', owners)
    postTable(post, 'weights', costs.weights)
    postTable(post, 'listSizes', costs.listSizes)
    postDefinitions(post, apiSchema)
    post({ kind: 'done', id })
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    post({ kind: 'refused', message: error.message })
  }
}
