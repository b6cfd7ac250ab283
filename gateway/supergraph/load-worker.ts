import { GatewayError } from '@polyseme/kit/errors'
import {
  isEnumType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType, isSpecifiedScalarType, isUnionType, Kind, parse, print, printSchema, printType,
  type GraphQLNamedType, type GraphQLSchema,
} from 'graphql'
import { loadSupergraph } from './compose.ts'
import type { TypeText } from './lazy-schema.ts'
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
  const all = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  const types = all.filter((type) => !isSpecifiedScalarType(type)).map(textOf)
  let from = 0
  let characters = 0
  for (const [index, { text }] of types.entries()) {
    characters += text.length
    if (characters < CHARACTERS_IN_A_MESSAGE && index < types.length - 1) continue
    post({ kind: 'types', types: types.slice(from, index + 1) })
    from = index + 1
    characters = 0
  }
  const { definitions } = parse(printSchema(schema))
  const others = definitions.filter(({ kind }) => kind === Kind.SCHEMA_DEFINITION || kind === Kind.DIRECTIVE_DEFINITION)
  post({ kind: 'schema', scalars: all.filter(isSpecifiedScalarType).map(({ name }) => name), others: others.map(print).join('\n') })
}

function kindOf(type: GraphQLNamedType): TypeText['kind'] {
  if (isObjectType(type)) return Kind.OBJECT_TYPE_DEFINITION
  if (isInterfaceType(type)) return Kind.INTERFACE_TYPE_DEFINITION
  if (isUnionType(type)) return Kind.UNION_TYPE_DEFINITION
  if (isEnumType(type)) return Kind.ENUM_TYPE_DEFINITION
  return isInputObjectType(type) ? Kind.INPUT_OBJECT_TYPE_DEFINITION : Kind.SCALAR_TYPE_DEFINITION
}

function textOf(type: GraphQLNamedType): TypeText {
  const text = printType(type)
  const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().map(({ name }) => name) : []
  return { name: type.name, kind: kindOf(type), description: type.description ?? undefined, interfaces, text }
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
