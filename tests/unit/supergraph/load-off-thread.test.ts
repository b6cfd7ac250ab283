import { getIntrospectionQuery, graphqlSync, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { composeSupergraph, loadSupergraph, loadSupergraphOffThread, type SubgraphDefinition } from '../../../gateway/supergraph/index.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@cost", "@listSize", "@requires", "@external"])
  """What is asked."""
  type Query {
    "One of them."
    item(id: ID!, kind: [Kind!] = [BOOK], filter: Filter = { text: "a", deep: { text: "b" } }): Item @cost(weight: 5)
    items(first: Int = 10): [Item!]! @listSize(slicingArguments: ["first"], assumedSize: 7)
    things: [Thing] @requiresScopes(scopes: [["a", "b"], ["c"]])
    old: String @deprecated(reason: "use new")
  }
  type Mutation { change(input: Filter!): Boolean! @authenticated }
  enum Kind { BOOK FILM @deprecated }
  scalar Money @specifiedBy(url: "https://example.com/money")
  input Filter { text: String = "x" deep: Filter }
  interface Item { id: ID! next: Item }
  type Book implements Item @key(fields: "id") { id: ID! next: Item price: Money pages(old: Int @deprecated): Int }
  type Film implements Item @key(fields: "id") @authenticated { id: ID! next: Item length: Float }
  union Thing = Book | Film
`
const DEFINITIONS: readonly SubgraphDefinition[] = [
  { name: 'media', url: 'http://127.0.0.1:1/', sdl: SDL, products: [] },
  { name: 'shop', url: 'http://127.0.0.1:2/', products: [], sdl: `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
    type Book @key(fields: "id") { id: ID! pages(old: Int): Int @external worth: Int @requires(fields: "pages") }` },
]

describe('a graph that is read in a process of its own', () => {
  it('is the graph that is read here', async () => {
    const composed = composeSupergraph(DEFINITIONS, { sharedTypes: 'any' })
    if (composed.kind === 'invalid') throw new TypeError(JSON.stringify(composed.diagnostics))
    const { sdl } = composed.value
    const { apiSchema, ...expected } = loadSupergraph(sdl, DEFINITIONS)
    const { apiSchema: apiSchemaThere, ...there } = await loadSupergraphOffThread(sdl, DEFINITIONS, { always: true })
    expect(there).toEqual(expected)
    expect(printSchema(apiSchemaThere)).toBe(printSchema(apiSchema))
    const source = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, directiveIsRepeatable: true })
    const introspect = (schema: GraphQLSchema): unknown => graphqlSync({ schema: lexicographicSortSchema(schema), source })
    expect(introspect(apiSchemaThere)).toEqual(introspect(apiSchema))
  })

  it('is refused as it is here when it lacks a protection that a subgraph declares', async () => {
    const composed = composeSupergraph(DEFINITIONS, { sharedTypes: 'any' })
    if (composed.kind === 'invalid') throw new TypeError('it composes')
    const sdl = composed.value.sdl.replace(/ @requiresScopes\(scopes: \[\["a".*?\]\]\)/, '')
    await expect(loadSupergraphOffThread(sdl, DEFINITIONS, { always: true })).rejects.toMatchObject({ code: 'COMPOSITION_FAILED', message: expect.stringContaining('@requiresScopes on Query.things') as string })
    expect(() => loadSupergraph(sdl, DEFINITIONS)).toThrow('@requiresScopes on Query.things')
  })

  it('is refused with a clear error when it is no graph', async () => {
    await expect(loadSupergraphOffThread('type Query { a', DEFINITIONS, { always: true })).rejects.toMatchObject({ code: 'COMPOSITION_FAILED' })
  })
})
