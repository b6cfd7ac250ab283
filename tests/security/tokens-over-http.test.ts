import { CompactEncrypt } from 'jose'
import { createPublicKey } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { startForeignSubgraph, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { postForExport } from '../testkit/post-for-export.ts'
import { AUDIENCE, encode, ISSUER, makeHmacToken, makeKey, makeToken, startJwksServer, type JwksServer, type TokenParts } from './token-fixture.ts'

const rsa = makeKey('RS256', 'rsa-1')
const other = makeKey('RS256', 'other-1')
const stranger = makeKey('RS256', 'rsa-1')
const OTHER_ISSUER = 'https://other.example/'
const pem = createPublicKey({ key: rsa.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
const nowSec = Math.floor(Date.now() / 1_000)
const TIMES = { iat: nowSec - 10, exp: nowSec + 600 }

let mesh: EmptyMesh
let domain: ForeignSubgraph
let server: JwksServer
let otherServer: JwksServer

beforeAll(async () => {
  domain = await startForeignSubgraph({ sdl: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'world' } } })
  server = await startJwksServer([rsa])
  otherServer = await startJwksServer([other])
  mesh = await startEmptyMesh()
  await writeFile(join(mesh.folder, 'hello.graphql'), 'type Query { hello: String }')
  const issuer = { audience: AUDIENCE, algorithms: ['RS256' as const], jwksCooldownMs: 60_000 }
  await mesh.restart({
    issuers: [{ ...issuer, issuer: ISSUER, jwksUri: server.uri }, { ...issuer, issuer: OTHER_ISSUER, jwksUri: otherServer.uri }],
    subgraphs: [{ name: 'hello', url: domain.url, schema: { kind: 'sdl', file: join(mesh.folder, 'hello.graphql') } }],
  })
})

afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  await domain[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await otherServer[Symbol.asyncDispose]()
})

const token = ({ claims, ...parts }: TokenParts = {}, key = rsa): string => makeToken(key, { ...parts, claims: { ...TIMES, ...claims } })

/** Every way in, each with its status. */
async function statuses(bearer: string): Promise<readonly number[]> {
  const headers = { authorization: `Bearer ${bearer}` }
  const [posted, got, exported, registry] = await Promise.all([
    askGraphql(`${mesh.url}/graphql`, { query: '{ hello }' }, bearer),
    fetch(`${mesh.url}/graphql?query={hello}`, { headers: { ...headers, 'apollo-require-preflight': '1' } }),
    postForExport(mesh.url, { query: '{ hello }' }, { token: bearer }),
    fetch(`${mesh.url}/registry/history`, { headers }),
  ])
  return [posted.status, got.status, exported.status, registry.status]
}

const encrypted = async (): Promise<string> => await new CompactEncrypt(Buffer.from(token())).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' }).encrypt(Buffer.alloc(32, 7))

const HOSTILE: readonly (readonly [string, string | (() => Promise<string>)])[] = [
  ['J01 alg none', `${encode(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: rsa.kid }))}.${token().split('.')[1]}.`],
  ['J02 an HMAC made with the public key', makeHmacToken(pem, { alg: 'HS256', kid: rsa.kid })],
  ['J03 a kid that is a path', token({ header: { kid: '../../rsa-1' } })],
  ['J04 an embedded key', makeToken(stranger, { header: { jwk: stranger.publicJwk }, claims: TIMES })],
  ['J05 an end in the past', token({ claims: { exp: nowSec - 120 } })],
  ['J06 no end', token({ claims: { exp: undefined } })],
  ['J07 a begin in the future', token({ claims: { nbf: nowSec + 300 } })],
  ['J08 another audience', token({ claims: { aud: 'other' } })],
  ['J09 nearly the issuer', token({ claims: { iss: ISSUER.slice(0, -1) } })],
  ['J10 the key of another issuer', token({ header: { kid: other.kid } }, other)],
  ['J11 an unknown crit', token({ header: { crit: ['x'], x: 1 } })],
  ['J12 b64 false', token({ header: { b64: false, crit: ['b64'] } })],
  ['J14 a claim twice', makeToken(rsa, { payloadText: JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: 'ana', ...TIMES }).replace('"sub":"ana"', '"sub":"ana","sub":"eve"') })],
  ['J16 an ID token', token({ header: { typ: 'JWT' } })],
  ['J17 an encrypted token', encrypted],
  ['J25 a scope __proto__', token({ claims: { scope: '__proto__' } })],
  ['J25 too many scopes', token({ claims: { scope: Array.from({ length: 1_500 }, (_unused, index) => index.toString(36)).join(' ') } })],
]

describe('over HTTP, by every way in', () => {
  it('a good token is answered', async () => {
    expect((await statuses(token())).slice(0, 2)).toEqual([200, 200])
    expect(await askGraphql(`${mesh.url}/graphql`, { query: '{ hello }' }, token({ claims: { iss: OTHER_ISSUER } }, other))).toMatchObject({ status: 200, data: { hello: 'world' } })
  })

  it.each(HOSTILE)('%s: 401, nobody is asked, nothing of it is said or logged', async (_name, made) => {
    const bearer = typeof made === 'string' ? made : await made()
    const before = domain.asked.length
    expect(await statuses(bearer)).toEqual([401, 401, 401, 401])
    expect(domain.asked).toHaveLength(before)
    const { errors } = await askGraphql(`${mesh.url}/graphql`, { query: '{ hello }' }, bearer)
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    for (const part of bearer.split('.').filter((text) => text.length > 8)) expect(JSON.stringify(errors) + mesh.log.join('\n')).not.toContain(part)
  })

  it('J13 a token of 64 KB is refused before anything reads it', async () => {
    const status = await fetch(`${mesh.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${'a'.repeat(65_536)}` }, body: '{"query":"{hello}"}' }).then((response) => response.status, () => 'closed')
    expect([401, 431, 'closed']).toContain(status)
  })

  it('J21 a revoked token and a revoked person are refused from then on', async () => {
    const bearer = token({ claims: { jti: 'stolen' } })
    expect((await statuses(bearer))[0]).toBe(200)
    expect((await mesh.polyseme([], 'tokens', 'revoke', '--issuer', ISSUER, '--token-id', 'stolen', '--data-dir', mesh.folder)).code).toBe(0)
    await expect.poll(async () => (await statuses(bearer))[0], { timeout: 1_000 }).toBe(401)
    expect((await statuses(token({ claims: { jti: 'another' } })))[0]).toBe(200)
  })

  it('J22 a thousand unknown keys ask the issuer at most once', async () => {
    const before = server.requests.length
    for (let at = 0; at < 1_000; at += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_unused, index) => askGraphql(`${mesh.url}/graphql`, { query: '{ hello }' }, token({ header: { kid: `unknown-${at + index}` } }))))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    }
    expect(server.requests.length - before).toBeLessThanOrEqual(1)
  })

  it('J23 J24 a rotated key is taken, a weak one is not', async () => {
    const [next, weak] = [makeKey('RS256', 'rsa-2'), makeKey('RS256', 'weak', 1024)]
    server.answer = { keys: [rsa.publicJwk, next.publicJwk, weak.publicJwk, { kty: 'oct', kid: 'oct', k: 'AAAA' }] }
    await mesh.restart({
      issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri }],
      subgraphs: [{ name: 'hello', url: domain.url, schema: { kind: 'sdl', file: join(mesh.folder, 'hello.graphql') } }],
    })
    expect((await statuses(token({}, rsa)))[0]).toBe(200)
    expect((await statuses(token({}, next)))[0]).toBe(200)
    expect((await statuses(token({}, weak)))[0]).toBe(401)
  })
})
