import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { describe, expect, it } from 'vitest'
import { withContractAccess, withoutAccessDirectives } from '../../../gateway/registry/index.ts'

function products(roles: string, column = ''): readonly DataProduct[] {
  const parsed = parseContracts([{ file: 'books.odcs.yaml', text: `apiVersion: v3.1.0
kind: DataContract
id: library-books
name: books
version: 1.0.0
status: active
domain: library
description: { purpose: p }
team: { name: t, members: [{ username: lee@example.com, role: owner }] }
${roles}
schema:
  - name: Book
    description: d
    properties:
      - { name: isbn, logicalType: string, primaryKey: true, required: true, classification: public, description: d }
      - { name: price, logicalType: string, classification: internal, description: d${column} }
` }], { domain: 'library' })
  if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('\n'))
  return parsed.value
}

const ROLES = 'roles: [{ role: "library:read", access: read }, { role: "library:all", access: read }]'
const LINK = (version: string, imports: string): string => `extend schema @link(url: "https://specs.apollo.dev/federation/${version}", import: [${imports}])`

function protectedSdl(sdl: string, of: readonly DataProduct[] = products(ROLES)): string {
  return withContractAccess({ name: 'library', sdl, products: of }).replaceAll(/\s+/g, ' ')
}

describe('what a contract over a foreign subgraph asks of readers, told to other routers', () => {
  it('stands on its types, imported', () => {
    const sdl = protectedSdl(`${LINK('v2.9', '"@key"')} type Query { q: Int } type LibraryBook { isbn: ID! price: String } type LibraryOther { a: Int }`)
    expect(sdl).toContain('import: ["@key", "@authenticated", "@requiresScopes"]')
    expect(sdl).toContain('type LibraryBook @requiresScopes(scopes: [["library:read"], ["library:all"]]) {')
    expect(sdl).toContain('type LibraryOther {')
  })

  it('a contract without roles asks for a known caller', () => {
    expect(protectedSdl(`${LINK('v2.9', '')} type LibraryBook { isbn: ID! }`, products(''))).toContain('type LibraryBook @authenticated {')
  })

  it('holds together with what the subgraph asks itself, under the name that it imported', () => {
    expect(protectedSdl(`${LINK('v2.9', '{ name: "@requiresScopes", as: "@needs" }')} type LibraryBook @needs(scopes: [["a", "library:read"], ["b"]]) { isbn: ID! }`))
      .toContain('type LibraryBook @needs(scopes: [["a", "library:read"], ["a", "library:read", "library:all"], ["b", "library:read"], ["b", "library:all"]]) {')
  })

  it('is told once of a type that is said in parts, and moves an older federation on', () => {
    const sdl = protectedSdl(`${LINK('v2.0', '"@key"')} extend type LibraryBook @key(fields: "isbn") { isbn: ID! } extend type LibraryBook { price: String }`)
    expect(sdl).toContain('federation/v2.9')
    expect(sdl.split('@requiresScopes(')).toHaveLength(2)
  })

  it('of a Federation 1 subgraph it is refused, with what to do; without a contract nothing is asked', () => {
    expect(() => protectedSdl('type Query { q: Int } type LibraryBook { isbn: ID! }')).toThrow(/of library says who may read it, which a subgraph of Federation 1 cannot tell other routers; link .*v2\.5 or later in the schema of library/)
    expect(withContractAccess({ name: 'library', sdl: 'type Query { q: Int }', products: [] })).toBe('type Query { q: Int }')
  })
})

describe('a supergraph without access directives', () => {
  it('has none, by whatever name a subgraph imported them', () => {
    const sdl = withoutAccessDirectives(`schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY, import: [{ name: "@requiresScopes", as: "@needs" }]) @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) { query: Query }
      directive @needs(scopes: [[requiresScopes__Scope!]!]!) on OBJECT
      directive @authenticated on OBJECT
      scalar requiresScopes__Scope
      type Query @needs(scopes: [["a"]]) @authenticated { q: Int }`)
    expect(sdl).not.toMatch(/needs|authenticated|requiresScopes/)
    expect(sdl.replaceAll(/\s+/g, ' ')).toContain('type Query { q: Int }')
  })
})
