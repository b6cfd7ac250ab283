import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckReport, SubgraphArtifact } from '../../gateway/registry/index.ts'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'

const HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@override", "@shareable"])\n'
const OWNER = ['shop:publish', 'shop:approve', 'other:publish', 'other:approve']

let mesh: EmptyMesh
let shop: ForeignSubgraph

beforeAll(async () => {
  mesh = await startEmptyMesh()
  shop = await startForeignSubgraph({ sdl: 'type Query { answer: Int secret: Int }', resolvers: { Query: { answer: () => 42, secret: () => 1 } } })
  expect(await publish(artifact('shop', 'type Query { answer: Int secret: Int @authenticated } type ShopItem @key(fields: "id") { id: ID! }'), 0)).toMatchObject({ status: 200, body: { kind: 'deployed' } })
  await eventually(async () => expect(await answer()).toBe(42))
})

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  await mesh[Symbol.asyncDispose]()
})

function artifact(subgraph: string, sdl: string, url = shop.url): SubgraphArtifact {
  return { subgraph, sdl: HEADER + sdl, url, naming: 'verbatim', contracts: [], policies: [] }
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function call(path: string, input: object, scopes: readonly string[] | undefined = OWNER): Promise<Answer> {
  const authorization = scopes === undefined ? {} : { authorization: `Bearer ${await mesh.token(scopes)}` }
  const response = await fetch(`${mesh.url}/registry/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...authorization }, body: JSON.stringify(input) })
  return { status: response.status, body: await response.json() as Readonly<Record<string, unknown>> }
}

async function publish(one: SubgraphArtifact, basedOn: number, scopes: readonly string[] | undefined = OWNER): Promise<Answer> {
  return await call('publish', { artifact: one, basedOn, message: 'm' }, scopes)
}

async function refusal(one: SubgraphArtifact, basedOn: number): Promise<CheckReport> {
  const { status, body } = await publish(one, basedOn)
  expect({ status, kind: body['kind'] }).toEqual({ status: 200, kind: 'refused' })
  return body['report'] as CheckReport
}

function rules({ findings }: CheckReport): readonly string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
}

async function answer(): Promise<unknown> {
  return (await mesh.ask('{ answer }', [])).data?.['answer']
}

function failure(status: number, code: string): object {
  return { status, body: { errors: [{ extensions: { code } }] } }
}

describe('the registry over HTTP', () => {
  it('R01 a publish without the right of the domain, or without a token, is refused', async () => {
    expect(await publish(artifact('shop', 'type Query { answer: Int }'), 1, ['other:publish'])).toMatchObject(failure(403, 'FORBIDDEN'))
    expect((await fetch(`${mesh.url}/registry/publish`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(401)
    expect(await call('approve', { subgraph: 'shop', hash: '0'.repeat(64), reason: 'r' }, ['shop:publish'])).toMatchObject(failure(403, 'FORBIDDEN'))
  })

  it('R02 a field of another domain is taken over with the consent of that domain only', async () => {
    const taking = artifact('other', 'type Query { answer: Int @override(from: "shop") }')
    const { verdict, awaiting, hash } = await refusal(taking, 0)
    expect({ verdict, awaiting }).toEqual({ verdict: 'needs-approval', awaiting: ['shop'] })
    expect(await call('approve', { subgraph: 'shop', hash, reason: 'r' }, ['other:approve'])).toMatchObject(failure(403, 'FORBIDDEN'))
    expect(await answer()).toBe(42)
  })

  it('R03 an entity of another domain is not taken over', async () => {
    expect((await refusal(artifact('other', 'type Query { other: Int } type ShopItem @key(fields: "id") { id: ID! price: Int }'), 0)).verdict).toBe('fail')
  })

  it('R04 protection that is dropped needs an approval', async () => {
    const { verdict, changes } = await refusal(artifact('shop', 'type Query { answer: Int secret: Int } type ShopItem @key(fields: "id") { id: ID! }'), 1)
    expect(verdict).toBe('needs-approval')
    expect(changes).toContainEqual(expect.objectContaining({ kind: 'authentication-dropped', coordinate: 'Query.secret', weakensProtection: true }))
  })

  it('R05 what is too large is refused before anything is composed', async () => {
    expect(rules(await refusal(artifact('shop', `type Query { answer: Int } # ${'x'.repeat(10_000_000)}`), 1))).toEqual(['sdl-size'])
    expect(rules(await refusal(artifact('shop', Array.from({ length: 100_000 }, (_, index) => `type T${index} { a: Int }`).join('\n')), 1))).toEqual(['sdl-size'])
    expect(await publish(artifact('shop', `# ${'x'.repeat(17 * 1024 * 1024)}`), 1)).toMatchObject(failure(413, 'PAYLOAD_TOO_LARGE'))
  })

  it.each(['file:///etc/passwd', 'http://169.254.169.254/latest/meta-data'])('R06 F18 the address %s is refused', async (url) => {
    expect(rules(await refusal(artifact('shop', 'type Query { answer: Int }', url), 1))).toEqual(['routing-url'])
  })

  it('R07 R08 a publish on top of an older version, and the later of two at once, get a conflict and change nothing', async () => {
    expect(await publish(artifact('shop', 'type Query { answer: Int again: Int }'), 0)).toMatchObject(failure(409, 'REGISTRY_CONFLICT'))
    const two = await Promise.all(['left', 'right'].map((field) => publish(artifact('other', `type Query { ${field}: Int }`), 0)))
    expect(new Set(two.map(({ status }) => status))).toEqual(new Set([200, 409]))
    expect(await answer()).toBe(42)
  })

  it('R09 what does not compose leaves the graph as it is', async () => {
    expect((await refusal(artifact('shop', 'type Query { answer: Nothing }'), 1)).verdict).toBe('fail')
    expect(await answer()).toBe(42)
  })

  it('R11 a script in a description is data to the console: nothing runs what a graph says', async () => {
    const page = await fetch(`${mesh.url}/`)
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'|script-src (?!.*unsafe-inline)/)
    const described = await publish(artifact('other', '"<script>alert(1)</script>" type Query { left: Int right: Int said: Int }'), 1)
    expect(described.body['kind']).toBe('deployed')
    await eventually(async () => {
      const { data, headers } = await mesh.ask('{ __type(name: "Query") { description fields { name } } }', [])
      expect(JSON.stringify(data)).toContain('"said"')
      expect(headers.get('content-type')).toMatch(/json/)
    })
  })

  it.each([['a direction-changing character', '"\u202Ehidden" type Query { answer: Int }'], ['a control character', 'type Query { answer: Int } # \u0007']])('R12 %s in the text is refused', async (_name, sdl) => {
    expect(rules(await refusal(artifact('shop', sdl), 1))).toContain('hidden-characters')
  })

  it('T31 the same publish twice is one step', async () => {
    const same = artifact('shop', 'type Query { answer: Int secret: Int @authenticated } type ShopItem @key(fields: "id") { id: ID! }')
    expect(await publish(same, 1)).toMatchObject({ status: 200, body: { kind: 'unchanged', deployment: { members: { shop: 1 } } } })
  })
})
