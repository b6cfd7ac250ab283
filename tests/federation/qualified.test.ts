import { parse, print, TypeInfo, visit, visitWithTypeInfo, type GraphQLSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { execute, QualifiedTransport } from '../../gateway/execute/index.ts'
import { createPlanner } from '../../gateway/plan/index.ts'
import { qualifySdl } from '../../gateway/supergraph/index.ts'
import { coerceVariables } from '../testkit/coerce-variables.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import { RandomMesh } from './random/differential.ts'
import { makeOperation } from './random/make-operation.ts'
import { Random } from '../testkit/random.ts'

const OPERATIONS = Number(process.env['POLYSEME_FEDERATION_OPERATIONS'] ?? 320)
const FIRST_SEED = Number(process.env['POLYSEME_FEDERATION_SEED'] ?? 1)
const PER_MESH = 40

describe('qualified names', () => {
  it('a foreign federation answers the same under qualified names as under its own, but for the names', { timeout: 240_000 }, async () => {
    let typenames = 0
    let entities = 0
    for (let seed = FIRST_SEED; seed < FIRST_SEED + OPERATIONS / PER_MESH; seed++) {
      const random = new Random(seed)
      await using mesh = new RandomMesh(random)
      // One domain's name for all of them, so that their entities still are one: what is asked here is translation.
      const qualified = Object.entries(mesh.sdl).map(([name, sdl]) => [name, qualifySdl(sdl, 'far-shop')] as const)
      const names = new Map(qualified.flatMap(([, { foreignNames }]) => Object.entries(foreignNames).map(([graph, own]) => [own, graph] as const)))
      const fields = new Map(qualified.flatMap(([, { foreignFields }]) => Object.entries(foreignFields).map(([graph, own]) => [own, graph] as const)))
      const supergraph = composeTestSupergraph(Object.fromEntries(qualified.map(([name, { sdl }]) => [name, sdl])))
      const planner = createPlanner(supergraph, { isolation: 'inline' })
      const transports = new Map(qualified.map(([name, { foreignNames, foreignFields }]) => [name, new QualifiedTransport(mesh.transports.get(name) ?? never(), foreignNames, foreignFields)]))
      for (let index = 0; index < PER_MESH; index++) {
        const made = makeOperation(random, mesh.supergraph.apiSchema)
        const verbatim = await mesh.federated(made)
        const text = renamed(made.text, { names, fields, schema: mesh.supergraph.apiSchema })
        const operation = authorizeAll(text, coerceVariables(supergraph.apiSchema, text, made.variables))
        mesh.truth.reset()
        const outcome = await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports })
        expect(outcome.errors, `seed ${seed}, operation ${index}: ${made.text}`).toEqual([])
        expect(JSON.parse(outcome.text), `seed ${seed}, operation ${index}: ${made.text}`).toEqual({ data: withNames(JSON.parse(verbatim.text).data, names) })
        expect([...mesh.transports.values()].flatMap((transport) => transport.invalid)).toEqual([])
        typenames += outcome.text.split('"FarShop').length - 1
        entities += outcome.calls.reduce((sum, call) => sum + call.entities, 0)
      }
      await planner.close()
    }
    expect(typenames).toBeGreaterThan(OPERATIONS / 4)
    expect(entities).toBeGreaterThan(OPERATIONS / 4)
  })

  it('types, field sets, inputs, unions, interfaces and root fields are renamed; root types, built-in scalars, federation and links are not', () => {
    const { sdl, foreignNames, foreignFields } = qualifySdl(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external", { name: "FieldSet", as: "Keys" }])
      schema { query: Root }
      type Root implements Node { items(filter: ItemFilter, by: Sort = PRICE): [Item!]! node: Int }
      extend type Root { film: Film }
      interface Node { node: Int }
      input ItemFilter { kind: Kind, text: String }
      enum Kind { BOOK FILM }
      enum Sort { PRICE }
      scalar Money
      union Thing = Book | Film
      interface Item @key(fields: "id") { id: ID! }
      type Book implements Item @key(fields: "id") { id: ID! pages: Int price: Money thing: Thing @external worth: Int @requires(fields: "thing { ... on Film { length } ...on Book { pages } }") }
      extend type Film implements Item @key(fields: "id") { id: ID! length: Int mediaFilm: Int }
    `, 'media')
    // What `Node` asks of the root keeps its name; what another field is called gets another.
    expect(foreignFields).toEqual({ mediaItems: 'items', mediaFilm_: 'film' })
    expect(Object.keys(foreignNames).toSorted()).toEqual(['MediaBook', 'MediaFilm', 'MediaItem', 'MediaItemFilter', 'MediaKind', 'MediaMoney', 'MediaNode', 'MediaSort', 'MediaThing'])
    expect(sdl).toContain('"thing { ... on MediaFilm { length } ...on MediaBook { pages } }"')
    expect(sdl).toContain('mediaItems(filter: MediaItemFilter, by: MediaSort = PRICE): [MediaItem!]!')
    expect(sdl).toContain('union MediaThing = MediaBook | MediaFilm')
    expect(sdl).toContain('query: Root')
    expect(sdl).toContain('extend type MediaFilm implements MediaItem')
  })

  it('root fields are asked for under an alias, wherever the root stands, so that keys and paths are the same on both sides', async () => {
    const asked: string[] = []
    const transport = new QualifiedTransport({
      send: async ({ operation }) => {
        asked.push(operation.text.replace(/\s+/g, ' '))
        return { data: { mediaItems: null, b: { query: { mediaItems: [] } } }, errors: [{ message: 'm', path: ['mediaItems'] }] }
      },
      close: async () => undefined,
    }, {}, { mediaItems: 'items', mediaAdd: 'add' })
    const operation = { kind: 'mutation' as const, name: 'M', text: 'mutation M { mediaItems { id } b: mediaAdd { query { ...R } } } fragment R on Query { mediaItems { id } }' }
    const answer = await transport.send({ operation, variablesText: '{}' }, { principal: TEST_PRINCIPAL, masks: {}, rowRestrictions: {}, accessFingerprint: '', signal: new AbortController().signal })
    expect(asked).toEqual(['mutation M { mediaItems: items { id } b: add { query { ...R } } } fragment R on Query { mediaItems: items { id } }'])
    expect(answer).toEqual({ data: { mediaItems: null, b: { query: { mediaItems: [] } } }, errors: [{ message: 'm', path: ['mediaItems'] }] })
  })

  it('aliases of __typename are renamed, values that only look like a type are not', async () => {
    const asked: string[] = []
    const transport = new QualifiedTransport({
      send: async ({ operation, variablesText }) => {
        asked.push(`${operation.text} ${variablesText}`.replace(/\s+/g, ' '))
        return { data: JSON.parse('{"_entities":[{"t":"Book","title":"Book","__proto__":"Book"},null]}') as Record<string, unknown>, errors: [{ message: 'm', path: ['_entities', 1] }] }
      },
      close: async () => undefined,
    }, { MediaBook: 'Book', MediaMoney: 'Money' })
    const operation = { kind: 'query' as const, name: 'Q', text: 'query Q($r: [_Any!]!, $m: MediaMoney, $text: JSON) { _entities(representations: $r) { ... on MediaBook { t: __typename __proto__: __typename title(max: $m, text: $text) } } }' }
    const variablesText = JSON.stringify({ r: [{ __typename: 'MediaBook', id: 1, part: { __typename: 'MediaBook' } }], text: { __typename: 'MediaBook' } })
    const answer = await transport.send({ operation, variablesText }, { principal: TEST_PRINCIPAL, masks: {}, rowRestrictions: {}, accessFingerprint: '', signal: new AbortController().signal })
    expect(asked).toEqual(['query Q($r: [_Any!]!, $m: Money, $text: JSON) { _entities(representations: $r) { ... on Book { t: __typename __proto__: __typename title(max: $m, text: $text) } } } {"r":[{"__typename":"Book","id":1,"part":{"__typename":"Book"}}],"text":{"__typename":"MediaBook"}}'])
    expect(JSON.stringify(answer)).toBe('{"data":{"_entities":[{"t":"MediaBook","title":"Book","__proto__":"MediaBook"},null]},"errors":[{"message":"m","path":["_entities",1]}]}')
  })
})

function never(): never {
  throw new TypeError('a subgraph without a transport')
}

/** The operation of somebody who knows the graph by its qualified names. */
function renamed(text: string, { names, fields, schema }: { readonly names: ReadonlyMap<string, string>; readonly fields: ReadonlyMap<string, string>; readonly schema: GraphQLSchema }): string {
  const types = new TypeInfo(schema)
  return print(visit(parse(text), visitWithTypeInfo(types, {
    NamedType: (node) => ({ ...node, name: { ...node.name, value: names.get(node.name.value) ?? node.name.value } }),
    Field: {
      leave: (node) => {
        const qualified = isRoot(types.getParentType(), schema) ? fields.get(node.name.value) : undefined
        return qualified === undefined ? undefined : { ...node, alias: node.alias ?? node.name, name: { ...node.name, value: qualified } }
      },
    },
  })))
}

function isRoot(type: unknown, schema: GraphQLSchema): boolean {
  return type !== undefined && type !== null && (type === schema.getQueryType() || type === schema.getMutationType())
}

function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withNames(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, key.endsWith('__typename') ? names.get(String(member)) ?? member : withNames(member, names)]))
}
