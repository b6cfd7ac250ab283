import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CompactEncrypt } from 'jose'
import { createPublicKey } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { createTokenVerifier, readBearerToken, RevocationList, type TokenVerifier } from '@polyseme/kit/identity'
import {
  AUDIENCE, encode, GOOD_CLAIMS, ISSUER, makeClock, makeHmacToken, makeKey, makeToken, makeVerifier, NOW_SEC, refusalOf, startJwksServer, type JwksServer,
} from './token-fixture.ts'
import { leastCpuMsAsync } from '../testkit/cpu-time.ts'

const rsa = makeKey('RS256', 'rsa-1')
const ec = makeKey('ES256', 'ec-1')
const ed = makeKey('EdDSA', 'ed-1')
const pem = createPublicKey({ key: rsa.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })

let server: JwksServer
let verifier: TokenVerifier

beforeAll(async () => {
  server = await startJwksServer([rsa, ec, ed])
  verifier = makeVerifier(server).verifier
})

afterAll(async () => {
  verifier.close()
  await server[Symbol.asyncDispose]()
})

/** Expects the token to be refused for this reason, without a word of the token in the message. */
async function expectRefused(token: string, reason: string, by: TokenVerifier = verifier): Promise<void> {
  const refused = await refusalOf(by.verify(token))
  expect(refused).toMatchObject({ code: 'UNAUTHENTICATED', reason })
  for (const part of token.split('.').filter(text => text.length > 8)) expect(refused.message).not.toContain(part)
}

describe('a good token', () => {
  it.each([rsa, ec, ed])('of $alg gives its principal', async key => {
    await expect(verifier.verify(makeToken(key))).resolves.toEqual({
      issuer: ISSUER,
      subject: 'ana',
      scopes: new Set(['sales:read', 'billing:read']),
      roles: [],
      claims: {},
      expiresAtSec: NOW_SEC + 600,
      tokenId: 'token-1',
    })
  })

  it('gives only the claims that its issuer is configured to give', async () => {
    using fixture = makeVerifier(server, {
      claims: { scopes: ['access', 'granted'], roles: ['realm_access', 'roles'], groups: 'groups', further: { regions: 'regions', team: ['org', 'team'], absent: 'absent' } },
    })
    const claims = { access: { granted: ['a:read'] }, realm_access: { roles: ['steward'] }, groups: ['g1'], regions: ['EMEA'], org: { team: 'north', secret: 1 }, azp: 'console', email: 'ana@example.com' }
    await expect(fixture.verifier.verify(makeToken(rsa, { claims }))).resolves.toEqual({
      issuer: ISSUER,
      subject: 'ana',
      clientId: 'console',
      scopes: new Set(['a:read']),
      roles: ['steward'],
      claims: { regions: ['EMEA'], team: 'north', groups: ['g1'] },
      expiresAtSec: NOW_SEC + 600,
      tokenId: 'token-1',
    })
  })
})

describe('signature', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', 'none '])('J01 refuses alg %j, unsigned or with a signature', async alg => {
    const unsigned = `${encode(JSON.stringify({ alg, typ: 'at+jwt', kid: rsa.kid }))}.${encode(JSON.stringify(GOOD_CLAIMS))}.`
    await expectRefused(unsigned, 'algorithm')
    await expectRefused(makeToken(rsa, { header: { alg } }), 'algorithm')
  })

  it('J02 refuses an HMAC made with the public key as secret, under its own alg and under RS256', async () => {
    for (const secret of [pem, String(rsa.publicJwk.n), Buffer.from(String(rsa.publicJwk.n), 'base64url')]) {
      await expectRefused(makeHmacToken(secret, { alg: 'HS256', kid: rsa.kid }), 'algorithm')
      await expectRefused(makeHmacToken(secret, { alg: 'RS256', kid: rsa.kid }), 'signature')
    }
  })

  it('J02 refuses an algorithm that is real but not configured, or of another key type', async () => {
    using fixture = makeVerifier(server, { algorithms: ['ES256'] })
    await expectRefused(makeToken(rsa), 'algorithm', fixture.verifier)
    await expectRefused(makeToken(rsa, { header: { kid: ec.kid } }), 'key')
  })

  it.each(['../../rsa-1', '/etc/passwd', 'rsa-1\' OR 1=1 --', 'https://evil.example/jwks', 'RSA-1', ' rsa-1', '', '__proto__', 'constructor'])(
    'J03 looks a kid up exactly: %j is no key',
    async kid => expectRefused(makeToken(rsa, { header: { kid } }), 'key'),
  )

  it('J03 refuses a kid that is no text', async () => expectRefused(makeToken(rsa, { header: { kid: { toString: 'rsa-1' } } }), 'key'))

  it('J04 ignores jku, x5u, x5c and an embedded jwk, and asks nobody for them', async () => {
    const attacker = makeKey('RS256', 'rsa-1')
    await using rogue = await startJwksServer([attacker])
    const header = { jku: rogue.uri, x5u: rogue.uri, jwk: attacker.publicJwk, x5c: ['AAAA'] }
    await expectRefused(makeToken(attacker, { header }), 'signature')
    await expectRefused(makeToken(attacker, { header: { ...header, kid: 'unknown' } }), 'key')
    expect(rogue.requests).toEqual([])
  })

  it('J10 refuses a token of issuer A signed with a key of issuer B', async () => {
    const other = makeKey('RS256', 'rsa-1')
    await using otherServer = await startJwksServer([other])
    const both = createTokenVerifier({
      issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri }, { issuer: 'https://b.example', audience: AUDIENCE, jwksUri: otherServer.uri }],
      clock: makeClock(),
    })
    await expect(both.verify(makeToken(other, { claims: { iss: 'https://b.example' } }))).resolves.toMatchObject({ issuer: 'https://b.example' })
    await expectRefused(makeToken(other), 'signature', both)
    await expectRefused(makeToken(rsa, { claims: { iss: 'https://b.example' } }), 'signature', both)
    both.close()
  })

  it('refuses any changed bit of header, payload or signature', async () => {
    const token = makeToken(ed)
    for (let at = 0; at < token.length; at += 7) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      // The last character of a part may hold bits that carry nothing.
      if (changed !== token) expect((await refusalOf(verifier.verify(changed))).code).toBe('UNAUTHENTICATED')
    }
  })
})

describe('header', () => {
  it.each([{ crit: ['exp'] }, { crit: ['https://example.com/ext'], 'https://example.com/ext': 1 }, { crit: [] }, { crit: 'b64' }])('J11 refuses %j', async header =>
    expectRefused(makeToken(rsa, { header }), 'critical-header'))

  it.each([{ b64: false, crit: ['b64'] }, { b64: false }, { b64: true }])('J12 refuses %j', async header => expectRefused(makeToken(rsa, { header }), 'critical-header'))

  it('J13 refuses a token of 64 KB before it decodes or verifies anything', async () => {
    const big = makeToken(rsa, { claims: { padding: 'x'.repeat(64 * 1024) } })
    expect(await leastCpuMsAsync(async () => { for (let i = 0; i < 200; i++) await refusalOf(verifier.verify(big)) }) / 200).toBeLessThan(1)
    await expectRefused(big, 'too-large')
    await expectRefused('\u0000'.repeat(64 * 1024), 'too-large')
  })

  it.each(['JWT', 'jwt', 'id_token', '', 'refresh+jwt', 'at+jwt2', 'polyseme-call+jwt', 7, undefined])('J16 refuses typ %j', async typ =>
    expectRefused(makeToken(rsa, { header: { typ } }), 'type'))

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('J16 takes typ %j (RFC 9068)', async typ => {
    await expect(verifier.verify(makeToken(rsa, { header: { typ } }))).resolves.toMatchObject({ subject: 'ana' })
  })

  it.each([{ nonce: 'n' }, { at_hash: 'h' }, { token_use: 'id' }, { typ: 'ID' }, { typ: 'Refresh' }, { typ: 'Offline' }, { events: {} }])(
    'J16 refuses an ID or refresh token where the type JWT is allowed: %j',
    async claims => {
      using fixture = makeVerifier(server, { tokenTypes: ['JWT'] })
      await expect(fixture.verifier.verify(makeToken(rsa, { header: { typ: 'JWT' }, claims: { typ: 'Bearer' } }))).resolves.toMatchObject({ subject: 'ana' })
      await expectRefused(makeToken(rsa, { header: { typ: 'JWT' }, claims }), 'type', fixture.verifier)
    },
  )

  it('J17 refuses an encrypted token, bare or nested', async () => {
    const publicKey = createPublicKey({ key: rsa.publicJwk, format: 'jwk' })
    const bare = await new CompactEncrypt(Buffer.from(makeToken(rsa))).setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT' }).encrypt(publicKey)
    await expectRefused(bare, 'encrypted')
    await expectRefused(makeToken(rsa, { header: { cty: 'JWT' } }), 'encrypted')
    await expectRefused(makeToken(rsa, { header: { enc: 'A256GCM' } }), 'encrypted')
  })

  it.each(['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', 'a.b.c.d.e.f', '🙂.🙂.🙂', `${encode('[]')}.${encode('{}')}.AA`, `${encode('{"alg":"RS256"}')}.${encode('null')}.AA`, `${encode('{"alg":"RS256"}')}.=.AA`])(
    'refuses what is no token: %j',
    async token => expect(await refusalOf(verifier.verify(token))).toMatchObject({ code: 'UNAUTHENTICATED' }),
  )
})

describe('claims', () => {
  it('J05 refuses an expired token; the tolerance ends at the configured second, and cannot be more than 60', async () => {
    using fixture = makeVerifier(server, { clockToleranceSec: 60 })
    await expect(fixture.verifier.verify(makeToken(rsa, { claims: { exp: NOW_SEC - 59 } }))).resolves.toMatchObject({ subject: 'ana' })
    await expectRefused(makeToken(rsa, { claims: { exp: NOW_SEC - 60 } }), 'expired', fixture.verifier)
    expect(() => makeVerifier(server, { clockToleranceSec: 61 })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('J05 refuses a token that was good when it was first seen and has expired since', async () => {
    using fixture = makeVerifier(server)
    const token = makeToken(rsa)
    await fixture.verifier.verify(token)
    fixture.clock.advance(630_000)
    await expectRefused(token, 'expired', fixture.verifier)
  })

  it.each([undefined, null, '1900000000', {}, []])('J06 refuses exp %j', async exp => expectRefused(makeToken(rsa, { claims: { exp } }), 'claims'))

  it('J06 refuses exp 1e999', async () => {
    const payloadText = JSON.stringify(GOOD_CLAIMS).replace(/"exp":\d+/, '"exp":1e999')
    expect(await refusalOf(verifier.verify(makeToken(rsa, { payloadText })))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('J07 refuses a token before its nbf, and one issued in the future', async () => {
    await expectRefused(makeToken(rsa, { claims: { nbf: NOW_SEC + 31 } }), 'not-yet-valid')
    await expectRefused(makeToken(rsa, { claims: { iat: NOW_SEC + 31 } }), 'not-yet-valid')
    await expect(verifier.verify(makeToken(rsa, { claims: { nbf: NOW_SEC + 29 } }))).resolves.toMatchObject({ subject: 'ana' })
  })

  it.each([undefined, null, '', [], [''], 'other', ['other'], 'polyseme/', 'Polyseme', 7, {}, { 0: AUDIENCE }, [AUDIENCE, 7], [[AUDIENCE]], [AUDIENCE, '']])(
    'J08 refuses aud %j',
    async aud => expectRefused(makeToken(rsa, { claims: { aud } }), 'audience'),
  )

  it('J08 takes a list that names this gateway', async () => {
    await expect(verifier.verify(makeToken(rsa, { claims: { aud: ['other', AUDIENCE] } }))).resolves.toMatchObject({ subject: 'ana' })
  })

  it.each(['https://issuer.example', 'https://issuer.example//', 'HTTPS://issuer.example/', 'https://Issuer.example/', 'http://issuer.example/', 'https://issuer.example/\u200b', '', null, undefined, [ISSUER], '__proto__'])(
    'J09 refuses iss %j',
    async iss => expectRefused(makeToken(rsa, { claims: { iss } }), 'issuer'),
  )

  it.each([
    ['the subject', `{"sub":"root",${JSON.stringify(GOOD_CLAIMS).slice(1)}`],
    ['an escaped name', `{"\\u0073ub":"root",${JSON.stringify(GOOD_CLAIMS).slice(1)}`],
    ['a nested member', `{"org":{"a":1,"a":2},${JSON.stringify(GOOD_CLAIMS).slice(1)}`],
    ['a member in a list', `{"org":[{"a":1,"b":"}","a":2}],${JSON.stringify(GOOD_CLAIMS).slice(1)}`],
  ])('J14 refuses a payload that holds %s twice', async (_, payloadText) => expectRefused(makeToken(rsa, { payloadText }), 'malformed'))

  it('J14 refuses a header that holds alg twice', async () => {
    await expectRefused(makeToken(rsa, { headerText: '{"alg":"none","typ":"at+jwt","kid":"rsa-1","alg":"RS256"}' }), 'malformed')
  })

  it.each([undefined, '', 7, null, ['ana'], 'x'.repeat(257), 'a\nb', 'a\u0000b'])('refuses sub %j', async sub => expectRefused(makeToken(rsa, { claims: { sub } }), 'claims'))

  it.each([
    ['a string', 'a:read b:read', ['a:read', 'b:read']],
    ['a string with more spaces', ' a:read  b:read ', ['a:read', 'b:read']],
    ['a list', ['a:read', 'b:read'], ['a:read', 'b:read']],
    ['an empty string', '', []],
    ['nothing', undefined, []],
  ])('J25 reads scopes that are %s', async (_, scope, scopes) => {
    await expect(verifier.verify(makeToken(rsa, { claims: { scope } }))).resolves.toMatchObject({ scopes: new Set(scopes) })
  })

  it.each([['a scope __proto__', '__proto__'], ['a scope constructor', ['a', 'constructor']], ['a number', 7], ['an object', { a: 1 }], ['a list of lists', [['a']]], ['a list with a space', ['a b']], ['null', null], ['1,001 scopes', Array.from({ length: 1_001 }, (_, i) => i.toString(36)).join(' ')]])(
    'J25 refuses scopes that are or hold %s',
    async (_, scope) => expectRefused(makeToken(rsa, { claims: { scope } }), 'scopes'),
  )

  it('J25 refuses 100,000 scopes by size, and members named __proto__', async () => {
    await expectRefused(makeToken(rsa, { claims: { scope: Array.from({ length: 100_000 }, () => 's').join(' ') } }), 'too-large')
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      await expectRefused(makeToken(rsa, { payloadText: `{"${name}":{"admin":true},${JSON.stringify(GOOD_CLAIMS).slice(1)}` }), 'malformed')
      await expectRefused(makeToken(rsa, { payloadText: `{"org":{"${name}":{"admin":true}},${JSON.stringify(GOOD_CLAIMS).slice(1)}` }), 'malformed')
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it('J26 hands a claim with SQL in it on as it is', async () => {
    using fixture = makeVerifier(server, { claims: { further: { regions: 'regions' } } })
    const regions = ['EMEA\'); DROP TABLE customer; --', 'http://169.254.169.254/']
    await expect(fixture.verifier.verify(makeToken(rsa, { claims: { regions } }))).resolves.toMatchObject({ claims: { regions } })
  })

  it('refuses a payload nested more than 16 deep', async () => {
    const payloadText = `{"deep":${'['.repeat(2_000)}${']'.repeat(2_000)},${JSON.stringify(GOOD_CLAIMS).slice(1)}`
    await expectRefused(makeToken(rsa, { payloadText }), 'malformed')
  })
})

describe('request', () => {
  it('J19 looks for the token in the Authorization header only', () => {
    expect(readBearerToken(['Host', 'a', 'X-Access-Token', 'abc', 'Cookie', 'access_token=abc', 'access_token', 'abc'])).toBeUndefined()
    expect(readBearerToken(['Host', 'a', 'authorization', 'bearer abc.def-_~+/=='])).toBe('abc.def-_~+/==')
  })

  it.each([
    ['two headers', ['Authorization', 'Bearer a', 'authorization', 'Bearer a']],
    ['a comma list', ['Authorization', 'Bearer a, Bearer b']],
    ['a comma in the token', ['Authorization', 'Bearer a,b']],
    ['two tokens', ['Authorization', 'Bearer a b']],
    ['another scheme', ['Authorization', 'Basic YTpi']],
    ['no token', ['Authorization', 'Bearer ']],
    ['nothing', ['Authorization', '']],
    ['no scheme', ['Authorization', 'abc']],
    ['a value equal to the name', ['Authorization', 'authorization', 'X-Next', 'Bearer a']],
  ])('J20 refuses %s', (_, rawHeaders) => {
    expect(() => readBearerToken(rawHeaders)).toThrow(expect.objectContaining({ code: 'AUTHORIZATION_HEADER_INVALID', status: 400 }))
  })
})

describe('revocation', () => {
  it('J21 refuses a revoked token and a revoked subject from the next request on, cached or not', async () => {
    const revocation = new RevocationList()
    using fixture = makeVerifier(server, {}, { revocation })
    const token = makeToken(rsa)
    const other = makeToken(rsa, { claims: { jti: 'token-2' } })
    const bob = makeToken(rsa, { claims: { sub: 'bob', jti: 'token-1b' } })
    for (const each of [token, other, bob]) await fixture.verifier.verify(each)
    revocation.add({ kind: 'token', issuer: ISSUER, tokenId: 'token-1' })
    await expectRefused(token, 'revoked', fixture.verifier)
    await expect(fixture.verifier.verify(other)).resolves.toMatchObject({ tokenId: 'token-2' })
    revocation.add({ kind: 'subject', issuer: ISSUER, subject: 'ana', beforeSec: NOW_SEC - 5 })
    await expectRefused(other, 'revoked', fixture.verifier)
    await expectRefused(makeToken(rsa, { claims: { jti: 'token-3', iat: undefined } }), 'revoked', fixture.verifier)
    await expect(fixture.verifier.verify(makeToken(rsa, { claims: { jti: 'token-4', iat: NOW_SEC } }))).resolves.toMatchObject({ tokenId: 'token-4' })
    await expect(fixture.verifier.verify(bob)).resolves.toMatchObject({ subject: 'bob' })
    revocation.replace([])
    await expect(fixture.verifier.verify(token)).resolves.toMatchObject({ tokenId: 'token-1' })
  })
})

describe('keys', () => {
  it('J22 asks the issuer at most once per cool-down, whatever kids come in', async () => {
    await using own = await startJwksServer([rsa])
    using fixture = makeVerifier(own, { jwksCooldownMs: 10_000 })
    await fixture.verifier.verify(makeToken(rsa))
    fixture.clock.advance(10_000)
    const flood = Array.from({ length: 1_000 }, (_, index) => refusalOf(fixture.verifier.verify(makeToken(ed, { header: { kid: `unknown-${index}` } }))))
    for (const refused of await Promise.all(flood)) expect(refused).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'key' })
    expect(own.requests).toHaveLength(2)
    await expectRefused(makeToken(ed), 'key', fixture.verifier)
    expect(own.requests).toHaveLength(2)
  })

  it('J23 takes old and new key while both are published; a removed one dies within the maximum age, cached tokens too', async () => {
    const next = makeKey('RS256', 'rsa-2')
    await using own = await startJwksServer([rsa])
    using fixture = makeVerifier(own, { jwksMaxAgeMs: 100_000, jwksCooldownMs: 1_000 })
    const oldToken = makeToken(rsa)
    await fixture.verifier.verify(oldToken)
    own.answer = { keys: [rsa.publicJwk, next.publicJwk] }
    fixture.clock.advance(1_000)
    await expect(fixture.verifier.verify(makeToken(next))).resolves.toMatchObject({ subject: 'ana' })
    await expect(fixture.verifier.verify(oldToken)).resolves.toMatchObject({ subject: 'ana' })
    own.answer = { keys: [next.publicJwk] }
    fixture.clock.advance(100_000)
    await expectRefused(oldToken, 'key', fixture.verifier)
    await expect(fixture.verifier.verify(makeToken(next))).resolves.toMatchObject({ subject: 'ana' })
  })

  it('J23 refuses a cached token when its kid now names another key', async () => {
    await using own = await startJwksServer([rsa])
    using fixture = makeVerifier(own, { jwksMaxAgeMs: 100_000, jwksCooldownMs: 1_000 })
    const token = makeToken(rsa)
    await fixture.verifier.verify(token)
    own.answer = { keys: [makeKey('RS256', 'rsa-1').publicJwk] }
    fixture.clock.advance(100_000)
    await expectRefused(token, 'signature', fixture.verifier)
  })

  it('J24 does not use symmetric, private, short or foreign-purpose keys, and reports them', async () => {
    const short = makeKey('RS256', 'short', 1024)
    const jwks: Record<string, unknown>[] = [
      { kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'oct', alg: 'HS256' },
      { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'private' },
      { ...short.publicJwk },
      { ...rsa.publicJwk, kid: 'encryption', use: 'enc' },
      { ...rsa.publicJwk, kid: 'signing-only', key_ops: ['sign'] },
      { ...rsa.publicJwk, kid: 'exponent-1', e: 'AQ' },
      { kty: 'EC', crv: 'secp256k1', kid: 'curve', x: 'AA', y: 'AA' },
      { kty: 'RSA', kid: 'broken' },
    ]
    await using own = await startJwksServer([ec])
    own.answer = { keys: [...jwks, 'garbage', null, ec.publicJwk] }
    using fixture = makeVerifier(own)
    for (const kid of jwks.map(jwk => String(jwk['kid']))) {
      await expectRefused(makeToken(kid === 'short' ? short : rsa, { header: { kid } }), 'key', fixture.verifier)
    }
    await expect(fixture.verifier.verify(makeToken(ec))).resolves.toMatchObject({ subject: 'ana' })
    expect(fixture.notices).toHaveLength(1)
    expect(fixture.notices[0]).toEqual({
      kind: 'keys-refused',
      issuer: ISSUER,
      refused: [
        { kid: 'oct', why: 'a symmetric or private key' },
        { kid: 'private', why: 'a symmetric or private key' },
        { kid: 'short', why: 'RSA with fewer than 2048 bits' },
        { kid: 'encryption', why: 'not for signatures' },
        { kid: 'signing-only', why: 'not for verifying' },
        { kid: 'exponent-1', why: 'RSA with a small exponent' },
        { kid: 'curve', why: 'of a type, curve or algorithm that is not supported' },
        { kid: 'broken', why: 'malformed' },
        { kid: undefined, why: 'not an object' },
        { kid: undefined, why: 'not an object' },
      ],
    })
  })

  it('a token without kid is taken only where one key can be meant', async () => {
    await expect(verifier.verify(makeToken(ed, { header: { kid: undefined } }))).resolves.toMatchObject({ subject: 'ana' })
    await using own = await startJwksServer([ed, makeKey('EdDSA', 'ed-2')])
    using fixture = makeVerifier(own)
    await expectRefused(makeToken(ed, { header: { kid: undefined } }), 'key', fixture.verifier)
  })

  it('T16 known keys work until the stated max-stale while the issuer is down, then everything is refused', async () => {
    await using own = await startJwksServer([rsa])
    using fixture = makeVerifier(own, { jwksMaxAgeMs: 600_000, jwksCooldownMs: 10_000, jwksMaxStaleMs: 7_200_000 })
    const eternal = { exp: NOW_SEC + 86_400 }
    const token = makeToken(rsa, { claims: eternal })
    await fixture.verifier.verify(token)
    own.answer = (_, response) => response.destroy()
    fixture.clock.advance(3_600_000)
    await expect(fixture.verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' })
    await expect(fixture.verifier.verify(makeToken(rsa, { claims: { ...eternal, jti: 'new' } }))).resolves.toMatchObject({ tokenId: 'new' })
    expect(own.requests).toHaveLength(2)
    expect(await refusalOf(fixture.verifier.verify(makeToken(ed)))).toMatchObject({ code: 'ISSUER_UNAVAILABLE' })
    fixture.clock.advance(3_600_000)
    for (const each of [token, makeToken(rsa, { claims: { ...eternal, jti: 'newer' } })]) {
      expect(await refusalOf(fixture.verifier.verify(each))).toMatchObject({ code: 'ISSUER_UNAVAILABLE' })
    }
    own.answer = { keys: [rsa.publicJwk] }
    fixture.clock.advance(10_000)
    await expect(fixture.verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' })
  })

  it('T16 an issuer that was never reached gives ISSUER_UNAVAILABLE and one fetch per cool-down', async () => {
    await using own = await startJwksServer([rsa])
    own.answer = (_, response) => response.destroy()
    using fixture = makeVerifier(own)
    for (const refused of await Promise.all(Array.from({ length: 50 }, () => refusalOf(fixture.verifier.verify(makeToken(rsa)))))) {
      expect(refused.code).toBe('ISSUER_UNAVAILABLE')
    }
    expect(own.requests).toHaveLength(1)
  })

  it.each<[string, JwksServer['answer']]>([
    ['no keys', { keys: [] }],
    ['only unusable keys', { keys: [{ kty: 'oct', k: 'AA' }] }],
    ['HTML', (_, response) => response.end('<html>')],
    ['JSON that is no key set', (_, response) => response.end('[1]')],
    ['status 500', (_, response) => response.writeHead(500).end(JSON.stringify({ keys: [ed.publicJwk] }))],
    ['nothing for longer than the deadline', () => undefined],
    ['a byte at a time for longer than the deadline', (_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    }],
    ['more bytes than the cap', (_, response) => response.end(JSON.stringify({ keys: [ed.publicJwk], padding: 'x'.repeat(300_000) }))],
  ])('T17 keeps the last good keys when the issuer answers with %s', async (_, answer) => {
    await using own = await startJwksServer([rsa])
    using fixture = makeVerifier(own, { jwksMaxAgeMs: 1_000, jwksCooldownMs: 1_000, jwksTimeoutMs: 200 })
    await fixture.verifier.verify(makeToken(rsa))
    own.answer = answer
    fixture.clock.advance(1_000)
    await expect(fixture.verifier.verify(makeToken(rsa, { claims: { jti: 'again' } }))).resolves.toMatchObject({ tokenId: 'again' })
    expect(own.requests).toHaveLength(2)
    expect(fixture.notices.at(-1)).toMatchObject({ kind: 'keys-unavailable', issuer: ISSUER, ageMs: 1_000 })
  })

  it('T17 follows no redirect to keys', async () => {
    await using rogue = await startJwksServer([rsa])
    await using own = await startJwksServer([])
    own.answer = (_, response) => response.writeHead(302, { location: rogue.uri }).end()
    using fixture = makeVerifier(own)
    expect(await refusalOf(fixture.verifier.verify(makeToken(rsa)))).toMatchObject({ code: 'ISSUER_UNAVAILABLE' })
    expect(rogue.requests).toEqual([])
  })

  it('T17 a compressed answer is capped after decompression', async () => {
    await using own = await startJwksServer([])
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32))
    own.answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    using fixture = makeVerifier(own)
    expect(await refusalOf(fixture.verifier.verify(makeToken(rsa)))).toMatchObject({ code: 'ISSUER_UNAVAILABLE' })
    expect(fixture.notices).toMatchObject([{ kind: 'keys-unavailable', why: 'the key set is larger than 262144 bytes' }])
  })
})

describe('cost', () => {
  it('a rejection takes under 10 ms and a hot token microseconds', async () => {
    const token = makeToken(rsa)
    await verifier.verify(token)
    expect(await leastCpuMsAsync(async () => { for (let i = 0; i < 1_000; i++) await verifier.verify(token) }) / 1_000).toBeLessThan(0.1)
    const bad = [makeToken(rsa, { claims: { exp: 1 } }), makeToken(ec, { header: { kid: rsa.kid } }), `${token}x`, makeToken(rsa, { payloadText: `{${'"a":{'.repeat(900)}` })]
    expect(await leastCpuMsAsync(async () => { for (const each of bad) await refusalOf(verifier.verify(each)) }) / bad.length).toBeLessThan(10)
  })

  it('remembers a bounded number of tokens', async () => {
    using fixture = makeVerifier(server, {}, { maxCachedTokens: 10 })
    for (let i = 0; i < 50; i++) await fixture.verifier.verify(makeToken(ed, { claims: { jti: `t${i}` } }))
    await expect(fixture.verifier.verify(makeToken(ed, { claims: { jti: 't0' } }))).resolves.toMatchObject({ tokenId: 't0' })
  })
})

describe('whatever is sent', () => {
  const outcome = async (token: string): Promise<unknown> => {
    try {
      return typeof (await verifier.verify(token)).subject
    } catch (error) {
      return (error as { code?: unknown }).code
    }
  }

  it('as a token gives UNAUTHENTICATED, never another error', async () => {
    const part = fc.oneof(fc.string(), fc.base64String(), fc.json().map(encode), fc.string({ unit: 'binary' }))
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')))
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await outcome(text)).toBe('UNAUTHENTICATED')
      }),
      { numRuns: 1_000 },
    )
  })

  it('as claims and header, well signed, gives a principal or UNAUTHENTICATED', async () => {
    const claim = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'roles', 'client_id', 'azp', 'typ', 'token_use', 'other')
    const claims = fc.dictionary(claim, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3, noNullPrototype: true })
    const header = fc.dictionary(fc.constantFrom('alg', 'typ', 'kid', 'crit', 'cty', 'jwk', 'enc', 'x5u'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2, noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(claims, header, async (someClaims, someHeader) => {
        for (const token of [makeToken(ed, { claims: someClaims }), makeToken(ed, { header: someHeader })]) expect(['string', 'UNAUTHENTICATED']).toContain(await outcome(token))
      }),
      { numRuns: 500 },
    )
  })
})

describe('configuration', () => {
  it.each([
    { audience: '' }, { audience: [] }, { jwksUri: 'http://issuer.example/jwks' }, { jwksUri: 'file:///etc/passwd' }, { jwksUri: 'nonsense' }, { jwks: { keys: [] } },
    { algorithms: ['HS256' as 'RS256'] }, { algorithms: [] }, { tokenTypes: [] }, { jwksMaxAgeMs: Number.NaN }, { clockToleranceSec: -1 }, { claims: { further: { sub: 'x' } } },
  ])('refuses %j', config => {
    expect(() => makeVerifier(server, config)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('takes http to another host only where it is allowed, and an issuer once', () => {
    expect(() => makeVerifier(server, { jwksUri: 'http://issuer:9000/jwks', allowHttp: true })).not.toThrow()
    const issuer = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [rsa.publicJwk] } }
    expect(() => createTokenVerifier({ issuers: [issuer, issuer] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => createTokenVerifier({ issuers: [] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('takes keys that stand in the configuration', async () => {
    const own = createTokenVerifier({ issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [rsa.publicJwk] } }], clock: makeClock() })
    await expect(own.verify(makeToken(rsa))).resolves.toMatchObject({ subject: 'ana' })
    own.close()
  })
})
