import { CALL_IDENTITY_HEADER, type Principal } from '@polyseme/kit/identity'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog, startCrosswalk } from '../../gateway/main.ts'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { signingAs, startHiveGateway, startStockGateway, type Sign } from '../testkit/other-gateways.ts'

const BOOKS = [{ isbn: '1', title: 'One', kind: 'NOVEL' }, { isbn: '2', title: 'Two', kind: 'ATLAS' }]

/** As an adopted subgraph may be: an older federation, names that are nobody's own. */
const LIBRARY = {
  sdl: `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
    type Query { books(kind: Kind): [Book!]! anything: [Thing!]! }
    type Mutation { rename(isbn: ID!, title: String!): Book }
    enum Kind { NOVEL ATLAS }
    union Thing = Book | Shelf
    type Shelf { room: String }
    type Book @key(fields: "isbn") { isbn: ID! title: String kind: Kind }
  `,
  resolvers: {
    Query: {
      books: (_source: unknown, { kind }: { kind?: string }) => BOOKS.filter((book) => kind === undefined || book.kind === kind),
      anything: () => [{ __typename: 'Book', ...BOOKS[0] }, { __typename: 'Shelf', room: 'r' }],
    },
    Mutation: { rename: (_source: unknown, { isbn, title }: { isbn: string; title: string }) => ({ ...BOOKS.find((book) => book.isbn === isbn), title }) },
    Book: { __resolveReference: ({ isbn }: { isbn: string }) => BOOKS.find((book) => book.isbn === isbn) },
  },
}

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: library-books
name: books
version: 1.0.0
status: active
domain: library
description: { purpose: What can be borrowed. }
team: { name: library team, members: [{ username: lee@example.com, role: owner }] }
roles: [{ role: 'library:read', access: read }]
schema:
  - name: Book
    description: One title.
    properties:
      - { name: isbn, logicalType: string, primaryKey: true, required: true, classification: public, description: Its number. }
      - { name: title, logicalType: string, classification: internal, description: Its title. }
`

const READER = ['library:read', 'library:publish']
const PRINCIPAL: Principal = { issuer: 'https://issuer.test', subject: 'tester', scopes: new Set(READER), roles: [], claims: {}, expiresAtSec: Math.floor(Date.now() / 1_000) + 600 }

let mesh: EmptyMesh
let foreign: ForeignSubgraph
let crosswalk: Awaited<ReturnType<typeof startCrosswalk>>
let sign: Sign

beforeAll(async () => {
  mesh = await startEmptyMesh()
  foreign = await startForeignSubgraph(LIBRARY)
  await mkdir(join(mesh.folder, 'library'))
  await writeFile(join(mesh.folder, 'library/books.odcs.yaml'), CONTRACT)
  expect(await mesh.polyseme(READER, 'adopt', foreign.url, '--domain', 'library', '--contract', 'library', '--message', 'm')).toMatchObject({ code: 0 })
  crosswalk = await startCrosswalk({
    environment: 'development', host: '127.0.0.1', port: 0, dataDir: join(mesh.folder, 'elsewhere'), keysDir: mesh.keysDir, subgraphs: [],
    issuers: [{ issuer: 'https://issuer.test', audience: 'polyseme', jwks: { keys: [] } }], registry: { kind: 'sqlite', file: join(mesh.folder, 'registry.sqlite') },
  }, { log: createLog(() => undefined) })
  sign = await signingAs(PRINCIPAL, mesh.keysDir)
  expect(await mesh.polyseme(READER, 'supergraph', 'export', 'out', '--crosswalk-url', `${crosswalk.url}/graphql`)).toMatchObject({ code: 0 })
}, 120_000)

afterAll(async () => {
  await crosswalk.close()
  await foreign[Symbol.asyncDispose]()
  await mesh[Symbol.asyncDispose]()
})

async function exported(file: string): Promise<string> {
  return await readFile(join(mesh.folder, 'out', file), 'utf8')
}

describe('an adopted subgraph with qualified names, exported', () => {
  it.each([
    ['the stock @apollo/gateway', startStockGateway],
    ['Hive Gateway\'s runtime', startHiveGateway],
  ])('answers on %s as it does here, and never hears the graph\'s names', { timeout: 60_000 }, async (_name, start) => {
    const other = await start(await exported('supergraph-open.graphql'), sign)
    for (const query of [
      '{ libraryBooks(kind: ATLAS) { __typename isbn title kind } libraryAnything { __typename ... on LibraryBook { title } ... on LibraryShelf { room } } }',
      'mutation { libraryRename(isbn: "1", title: "Uno") { __typename title } }',
    ]) {
      await eventually(async () => expect(await mesh.ask(query, READER)).toMatchObject({ errors: [] }))
      const ours = await mesh.ask(query, READER)
      expect(await other.ask(query)).toEqual({ data: ours.data })
    }
    await other.stop()
    expect(foreign.asked.join('\n')).not.toMatch(/LibraryBook|libraryBooks\s*[({]/)
    expect(foreign.headers()).toHaveProperty(CALL_IDENTITY_HEADER)
  })

  it('representations are translated as well', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on LibraryBook { title } } }'
    const headers = { [CALL_IDENTITY_HEADER]: await sign('library') }
    expect(await askGraphql(`${crosswalk.url}/subgraphs/library/graphql`, { query, variables: { r: [{ __typename: 'LibraryBook', isbn: '2' }] } }, undefined, headers))
      .toMatchObject({ status: 200, data: { _entities: [{ __typename: 'LibraryBook', title: 'Two' }] } })
  })

  it('bears what its contract asks of readers, for the routers that enforce it', async () => {
    const text = await exported('subgraphs/library.graphql')
    expect(text).toContain('@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes"])')
    expect(text.replaceAll(/\s+/g, ' ')).toContain('type LibraryBook @key(fields: "isbn") @requiresScopes(scopes: [["library:read"]]) {')
    expect(await exported('supergraph.graphql')).toContain('@requiresScopes(scopes: [["library:read"]])')
    expect(await exported('cosmo-graph.yaml')).toContain(`${crosswalk.url}/subgraphs/library/graphql`)
  })

  it.each([
    ['F01 without a signed call', 'library', '', 401],
    ['F01 with a call that is signed for another', 'library', 'sales', 401],
    ['of a subgraph that is not there', 'sales', 'sales', 404],
  ])('is not reached %s', async (_name, subgraph, signedFor, status) => {
    const headers: Record<string, string> = signedFor === '' ? {} : { [CALL_IDENTITY_HEADER]: await sign(signedFor) }
    const before = foreign.asked.length
    expect(await askGraphql(`${crosswalk.url}/subgraphs/${subgraph}/graphql`, { query: '{ __typename }' }, undefined, headers)).toMatchObject({ status })
    expect(foreign.asked).toHaveLength(before)
  })
})
