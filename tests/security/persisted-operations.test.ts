import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import { askGraphql, type MeshAnswer } from '../testkit/gateway-mesh.ts'

const held = new AsyncDisposableStack()
const SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@requiresScopes"])
type Query { open: String secret: String @requiresScopes(scopes: [["shop:secret"]]) list(first: Int): [Int] }`
const REGISTERED = 'query Both { open secret }'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

let mesh: EmptyMesh
let operations: string

beforeAll(async () => {
  operations = await mkdtemp(join(tmpdir(), 'polyseme-operations-'))
  held.defer(async () => await rm(operations, { recursive: true, force: true }))
  await mkdir(join(operations, 'clients'))
  await writeFile(join(operations, 'clients/web.json'), JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'web-both', name: 'Both', type: 'query', body: REGISTERED }] }))
  const subgraph = held.use(await startForeignSubgraph({ sdl: SDL, resolvers: { Query: { open: () => 'open', secret: () => 'secret', list: () => [1] } } }))
  mesh = held.use(await startEmptyMesh({ persistedOperations: { mode: 'enforce', files: [join(operations, 'clients')], exemptScopes: ['graph:explore'] } }))
  expect((await mesh.polyseme(['shop:publish'], 'adopt', subgraph.url, '--domain', 'shop', '--naming', 'verbatim', '--message', 'm')).code).toBe(0)
  await eventually(async () => expect(await ask({ query: '{ open }' }, ['graph:explore'])).toMatchObject({ data: { open: 'open' } }))
})

afterAll(async () => await held.disposeAsync())

async function ask(body: unknown, scopes: readonly string[] = []): Promise<MeshAnswer> {
  return await askGraphql(`${mesh.url}/graphql`, body, await mesh.token(scopes))
}

const REFUSED = { status: 403, errors: [{ message: 'this graph runs registered operations only, and this one is not among them', extensions: { code: 'OPERATION_NOT_REGISTERED' } }] }

describe('a graph that runs registered operations only', () => {
  it('runs them by their text, their hash, and the id that the client was built with', async () => {
    const answers = await Promise.all([
      { query: REGISTERED }, { query: 'query Both {\n  open # public\n  secret\n}' }, { documentId: 'web-both' }, { documentId: `sha256:${sha256(REGISTERED)}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(REGISTERED) } } },
    ].map(async (body) => await ask(body, ['shop:secret'])))
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, data: { open: 'open', secret: 'secret' }, errors: [] })
  })

  it('takes the id of one by GET as well, from who says that no other site sent it', async () => {
    const send = async (headers: Record<string, string>): Promise<number> => (await fetch(`${mesh.url}/graphql?documentId=web-both&variables=%7B%7D`, { headers: { authorization: `Bearer ${await mesh.token([])}`, ...headers } })).status
    expect([await send({ 'apollo-require-preflight': 'true' }), await send({})]).toEqual([200, 400])
  })

  it('G35 gives a caller no more than a caller may have', async () => {
    expect(await ask({ documentId: 'web-both' })).toMatchObject({ data: { open: 'open', secret: null }, errors: [{ path: ['secret'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] })
    expect((await askGraphql(`${mesh.url}/graphql`, { documentId: 'web-both' })).status).toBe(401)
  })

  it.each([
    [{ query: '{ open }' }],
    [{ query: `${REGISTERED} query Other { open }`, operationName: 'Other' }],
    [{ query: '{ nothing' }],
    [{ query: '{ __schema { types { name } } }' }],
    [{ query: '{ open }', extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ open }') } } }],
    [{ extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ open }') } } }],
  ])('refuses any other: %j', async (body) => {
    expect(await ask(body, ['shop:secret'])).toMatchObject(REFUSED)
  })

  it('refuses an id that nobody registered, and an id beside a document', async () => {
    expect(await ask({ documentId: 'web-other' })).toMatchObject({ status: 403, errors: [{ message: 'no registered operation has this `documentId`' }] })
    expect(await ask({ documentId: 'web-both', query: '{ open }' })).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })

  it('refuses an export of anything else as well', async () => {
    const answer = await askGraphql(`${mesh.url}/export`, { query: '{ list(first: 1) }' }, await mesh.token([]))
    expect(answer).toMatchObject(REFUSED)
  })

  it('lets people explore who have the right to, within what they may see', async () => {
    expect(await ask({ query: '{ secret open }' }, ['graph:explore'])).toMatchObject({ data: { open: 'open', secret: null } })
  })

  it('still limits what is registered', async () => {
    await writeFile(join(operations, 'clients/bomb.graphql'), `{ ${Array.from({ length: 5_000 }, (_, index) => `a${index}: open`).join(' ')} }`)
    const query = `{ ${Array.from({ length: 5_000 }, (_, index) => `a${index}: open`).join(' ')} }`
    await eventually(async () => expect(await ask({ query })).toMatchObject({ status: 400, errors: [{ extensions: { code: 'OPERATION_LIMIT_EXCEEDED' } }] }))
  })

  it('takes over what is registered later, and keeps the last good list when a file is broken', async () => {
    const later = '{ later: open }'
    await writeFile(join(operations, 'clients/broken.json'), '{ broken')
    await eventually(async () => await Promise.resolve(expect(mesh.log.join('\n')).toContain('broken.json: it is not JSON')))
    expect((await ask({ documentId: 'web-both' })).status).toBe(200)
    await rm(join(operations, 'clients/broken.json'))
    await writeFile(join(operations, 'clients/later.graphql'), later)
    await eventually(async () => expect(await ask({ query: later })).toMatchObject({ data: { later: 'open' } }))
  })
})

describe('a graph that watches what is not registered', () => {
  it('runs it, counts it and names it once in the log', async () => {
    await mesh.restart({ persistedOperations: { mode: 'audit', files: [join(operations, 'clients')] } })
    const logged = mesh.log.length
    for (let times = 0; times < 3; times++) expect(await ask({ query: '{ watched: open }' })).toMatchObject({ data: { watched: 'open' } })
    expect(await ask({ query: REGISTERED })).toMatchObject({ status: 200 })
    const named = mesh.log.slice(logged).filter((line) => line.includes('an operation that is not registered')).map((line) => JSON.parse(line) as unknown)
    expect(named).toEqual([expect.objectContaining({ hash: sha256('{ watched: open }'), consumer: 'polyseme-cli', mode: 'audit' })])
    expect(await (await fetch(`${mesh.url}/metrics`)).text()).toContain('polyseme_operations_unregistered_total{mode="audit"} 3\n')
  })

  it('without automatic persisted queries says in the words that clients know that only whole documents are taken', async () => {
    await mesh.restart({ persistedOperations: { automatic: false } })
    expect(await ask({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ open }') } } })).toMatchObject({ status: 400, errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] })
  })

  it('does not start with a list that cannot be read', async () => {
    await expect(mesh.restart({ persistedOperations: { mode: 'enforce', files: [join(operations, 'absent.json')] } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await mesh.restart({})
  })
})
