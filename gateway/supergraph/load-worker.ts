import { GatewayError } from '@polyseme/kit/errors'
import type { GraphQLSchema } from 'graphql'
import { loadSupergraph } from './compose.ts'
import { schemaTextsOf, type TypeText } from './lazy-schema.ts'
import type { LoadedPart, LoadTask, LoadTable } from './load-off-thread.ts'

/** What one message may hold, so that the thread that receives it is done with it in two milliseconds. */
const ENTRIES_IN_A_MESSAGE = 500
const CHARACTERS_IN_A_MESSAGE = 32 * 1024

type Post = (part: LoadedPart) => void

function postTable(post: Post, table: LoadTable, entries: ReadonlyMap<string, unknown>): void {
  const all = [...entries]
  for (let from = 0; from < all.length; from += ENTRIES_IN_A_MESSAGE) post({ kind: 'entries', table, entries: all.slice(from, from + ENTRIES_IN_A_MESSAGE) })
}

function postSchema(post: Post, schema: GraphQLSchema): void {
  const { types, scalars, others } = schemaTextsOf(schema)
  let some: TypeText[] = []
  let characters = 0
  const flush = (): void => {
    if (some.length > 0) post({ kind: 'types', types: some })
    some = []
    characters = 0
  }
  for (const type of types.values()) {
    some.push(type)
    characters += type.text.length
    if (characters >= CHARACTERS_IN_A_MESSAGE) flush()
  }
  flush()
  post({ kind: 'schema', scalars, others })
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
    postSchema(post, apiSchema)
    post({ kind: 'done', id })
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    post({ kind: 'refused', message: error.message })
  }
}
