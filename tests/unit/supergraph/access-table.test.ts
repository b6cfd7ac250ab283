import { describe, expect, it } from 'vitest'
import { buildAccessTable } from '../../../gateway/supergraph/build-access-table.ts'
import { findMissingAccess, readDeclaredAccess } from '../../../gateway/supergraph/declared-access.ts'
import { findUncoveredInterfaces } from '../../../gateway/supergraph/interface-cover.ts'
import { composeSupergraph, loadSupergraph } from '../../../gateway/supergraph/index.ts'
import { Supergraph as ComposedSupergraph } from '@apollo/federation-internals'
import { composeGraph, subgraphsOf } from '../../testkit/access-graph.ts'

const PUBLIC = { authenticated: false, scopes: [], policies: [] }

describe('the access table', () => {
  it('holds every kind of coordinate that can be protected', () => {
    const { access } = composeGraph({ a: `
      type Query { a: T b: Money c: Level d: Int @policy(policies: [["p", "q"], ["r"]]) }
      type T @authenticated { x: Int @requiresScopes(scopes: [["x"]]) y: Int }
      scalar Money @requiresScopes(scopes: [["money"]])
      enum Level @authenticated { LOW HIGH }
      type Mutation @requiresScopes(scopes: [["write"]]) { m: Int }
    ` })
    expect(Object.fromEntries(access)).toEqual({
      'Query.d': { ...PUBLIC, policies: [[['p', 'q'], ['r']]] },
      T: { ...PUBLIC, authenticated: true },
      'T.x': { ...PUBLIC, scopes: [[['x']]] },
      Money: { ...PUBLIC, scopes: [[['money']]] },
      Level: { ...PUBLIC, authenticated: true },
      Mutation: { ...PUBLIC, scopes: [[['write']]] },
    })
  })

  it('G28 asks for the requirements of both subgraphs of a field', () => {
    const { access } = composeGraph({
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["a"], ["b"]]) }',
      b: 'type T @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["c"]]) }',
    })
    expect(access.get('T.x')).toEqual({ ...PUBLIC, scopes: [[['a', 'c'], ['b', 'c']]] })
  })

  it('G28 joins requirements that are written short', () => {
    const { access } = composeGraph({
      a: 'type Query { x: Int @shareable @requiresScopes(scopes: "sales") y: Int @shareable @policy(policies: ["p", "q"]) }',
      b: 'type Query { x: Int @shareable @requiresScopes(scopes: ["x"]) y: Int @shareable @policy(policies: [["r"]]) }',
    })
    expect(access.get('Query.x')?.scopes).toEqual([[['sales', 'x']]])
    expect(access.get('Query.y')?.policies).toEqual([[['p', 'r'], ['q', 'r']]])
  })

  it('G28 asks for different directives of two subgraphs together', () => {
    const { access } = composeGraph({
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable @authenticated }',
      b: 'type T @key(fields: "id") { id: ID! x: Int @shareable @policy(policies: [["p"]]) }',
    })
    expect(access.get('T.x')).toEqual({ authenticated: true, scopes: [], policies: [[['p']]] })
  })

  it.each([
    ['as', 'import: ["@key", { name: "@authenticated", as: "@login" }, { name: "@requiresScopes", as: "@scoped" }]', '@login', '@scoped'],
    ['prefix', 'import: ["@key"]', '@federation__authenticated', '@federation__requiresScopes'],
    ['link as', 'as: "fed", import: ["@key"]', '@fed__authenticated', '@fed__requiresScopes'],
  ])('G21 holds protections under a renamed import (%s)', (_, imports, authenticated, scopes) => {
    const { access } = composeGraph({ a: `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", ${imports})
      type Query { x: Int ${authenticated} y: Int ${scopes}(scopes: [["s"]]) }
    ` })
    expect(Object.fromEntries(access)).toEqual({ 'Query.x': { ...PUBLIC, authenticated: true }, 'Query.y': { ...PUBLIC, scopes: [[['s']]] } })
  })

  it('holds inaccessible coordinates too', () => {
    const { access, apiSchema } = composeGraph({ a: 'type Query { x: Int secret: Int @inaccessible @authenticated }' })
    expect(access.has('Query.secret')).toBe(true)
    expect(apiSchema.getQueryType()?.getFields()['secret']).toBeUndefined()
  })

  it('G23 copies what an @interfaceObject field asks for to every implementation', () => {
    const { access } = composeGraph({
      a: 'type Query { m: Media } interface Media @key(fields: "id") { id: ID! } type Book implements Media @key(fields: "id") { id: ID! } type Film implements Media @key(fields: "id") { id: ID! }',
      b: 'type Media @interfaceObject @key(fields: "id") { id: ID! rating: Int @requiresScopes(scopes: [["ratings"]]) }',
    })
    for (const coordinate of ['Media.rating', 'Book.rating', 'Film.rating']) expect(access.get(coordinate)?.scopes).toEqual([[['ratings']]])
  })
})

describe('a protection that would be lost', () => {
  it('is found when a directive only looks like federation\'s', () => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) directive @authenticated on FIELD_DEFINITION | OBJECT'
    const result = composeSupergraph(subgraphsOf({ a: `${link} type Query { x: Int @authenticated }` }))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'access-directive-not-imported', what: 'Domain "a": @authenticated on Query.x is not federation\'s directive, so it protects nothing.' }] })
  })

  it('is found in a subgraph without any federation link', () => {
    const [a] = subgraphsOf({ a: 'directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION type Query { x: Int @requiresScopes(scopes: [["s"]]) }' })
    if (a === undefined) throw new TypeError()
    expect(composeSupergraph([{ ...a, sdl: a.sdl.slice(a.sdl.indexOf('directive')) }])).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'access-directive-not-imported' }] })
  })

  it('stops a supergraph whose SDL lacks it', () => {
    const subgraphs = subgraphsOf({ a: 'type Query { x: Int @authenticated y: Int @requiresScopes(scopes: [["s"], ["t"]]) }' })
    const composed = composeSupergraph(subgraphs)
    if (composed.kind === 'invalid') throw new Error()
    expect(loadSupergraph(composed.value.sdl, subgraphs).id).toBe(composed.value.id)
    expect(() => loadSupergraph(composed.value.sdl.replace('x: Int @authenticated', 'x: Int'), subgraphs)).toThrow(expect.objectContaining({ code: 'COMPOSITION_FAILED', message: expect.stringContaining('@authenticated on Query.x in domain "a"') }))
    expect(() => loadSupergraph(composed.value.sdl.replace('[["s"], ["t"]]', '[["s"], ["t"], ["u"]]'), subgraphs)).toThrow(expect.objectContaining({ code: 'COMPOSITION_FAILED' }))
    expect(() => loadSupergraph(composed.value.sdl.replace('[["s"], ["t"]]', '[["s"]]'), subgraphs)).not.toThrow()
  })

  it('is measured by implication, not by equality', () => {
    const [subgraph] = subgraphsOf({ a: 'type Query { x: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) }' })
    if (subgraph === undefined) throw new TypeError()
    const { declared } = readDeclaredAccess(subgraph)
    const table = (scopes: readonly (readonly string[])[]): Parameters<typeof findMissingAccess>[0] => new Map([['Query.x', { authenticated: false, scopes: [scopes], policies: [] }]])
    expect(findMissingAccess(table([['a', 'b', 'z'], ['c']]), declared)).toEqual([])
    expect(findMissingAccess(table([['c']]), declared)).toEqual([])
    expect(findMissingAccess(table([['a'], ['c']]), declared)).toHaveLength(1)
    expect(findMissingAccess(table([]), declared)).toHaveLength(1)
    expect(findMissingAccess(new Map(), declared)).toHaveLength(1)
  })

  it('is refused on an interface alone', () => {
    const { sdl } = composeGraph({ a: 'type Query { n: Node } interface Node { id: ID! x: Int } type A implements Node { id: ID! x: Int @authenticated } type B implements Node { id: ID! x: Int }' })
    const uncovered = (text: string): readonly string[] => {
      const { schema } = ComposedSupergraph.buildForTests(text)
      return findUncoveredInterfaces(schema, buildAccessTable(schema))
    }
    expect(uncovered(sdl)).toEqual([])
    // The interface keeps what composition derived from A.x, while A.x itself lost it.
    const tampered = sdl.replace(/(type A [^}]*x: Int) @authenticated/, '$1')
    expect(tampered).not.toBe(sdl)
    expect(uncovered(tampered)).toEqual(['Node.x'])
  })

  it('is not accepted where joining the domains\' alternatives would explode', () => {
    const many = (prefix: string): string => `[${Array.from({ length: 80 }, (_, index) => `["${prefix}${index}"]`).join(', ')}]`
    const result = composeSupergraph(subgraphsOf({
      a: `type Query { x: Int @shareable @requiresScopes(scopes: ${many('a')}) }`,
      b: `type Query { x: Int @shareable @requiresScopes(scopes: ${many('b')}) }`,
    }))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'access-requirement-too-large', what: 'The requirements on Query.x @requiresScopes of "a", "b" have 6400 alternatives together; at most 4096 are allowed.' }] })
  })

  it('GHSA-mx7m-j9xf-62hw is refused on interfaces and their fields, with the way to say it', () => {
    const interfaces = ['interface I @authenticated { x: Int }', 'interface I { x: Int @authenticated }']
    for (const text of interfaces) {
      const result = composeSupergraph(subgraphsOf({ a: `type Query { i: I } ${text} type A implements I { x: Int }` }))
      expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'composition-auth-requirements-applied-on-interface', how: expect.stringContaining('implementing type') }] })
    }
  })
})

describe('what fields read besides themselves', () => {
  it('G22 follows @requires in chains, through nested selections and across subgraphs', () => {
    const { requires } = composeGraph({
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable u: U } type U @key(fields: "id") { id: ID! secret: Money } scalar Money',
      b: 'type T @key(fields: "id") { id: ID! u: U @external y: Int @requires(fields: "u { secret }") } type U @key(fields: "id") { id: ID! secret: Money @external } scalar Money',
      c: 'type T @key(fields: "id") { id: ID! y: Int @external z: Int @requires(fields: "y") }',
    })
    expect(Object.fromEntries(requires)).toEqual({
      'T.y': ['Money', 'T', 'T.u', 'U', 'U.secret'],
      'T.z': ['Money', 'T', 'T.u', 'T.y', 'U', 'U.secret'],
    })
  })

  it('G22 counts what a context gives', () => {
    const { requires } = composeGraph({ a: `
      type Query { t: T }
      type T @key(fields: "id") @context(name: "ctx") { id: ID! u: U prop: String }
      type U @key(fields: "id") { id: ID! field(a: String @fromContext(field: "$ctx { prop }")): Int }
    `, b: 'type Query { other: Int }' })
    expect(requires.get('U.field')).toEqual(['T', 'T.prop'])
  })

  it('G22 gives every implementation what an @interfaceObject field reads', () => {
    const { requires } = composeGraph({
      a: 'type Query { m: Media } interface Media @key(fields: "id") { id: ID! size: Int } type Book implements Media @key(fields: "id") { id: ID! size: Int }',
      b: 'type Media @interfaceObject @key(fields: "id") { id: ID! size: Int @external price: Int @requires(fields: "size") }',
    })
    expect(requires.get('Book.price')).toEqual(['Book', 'Book.size'])
  })

  it('GHSA-m8jr-fxqx-8xx6 refuses a field that asks for less than what it reads', () => {
    const result = composeSupergraph(subgraphsOf({
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! secret: Int @requiresScopes(scopes: [["s"]]) }',
      b: 'type T @key(fields: "id") { id: ID! secret: Int @external open: Int @requires(fields: "secret") }',
    }), { sharedTypes: 'any' })
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'composition-missing-transitive-auth-requirements', how: expect.stringContaining('requirements of the fields that it reads') }] })
  })
})
