import { createPrivateKey, sign } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCallSigner, createCallVerifier, generateSigningKey, type CallIdentity, type CallVerifier, type SigningKey } from '@polyseme/kit/identity'
import { encode, makeClock, NOW_SEC, refusalOf, startJwksServer } from '../../security/token-fixture.ts'

const identity: CallIdentity = {
  principal: {
    issuer: 'https://issuer.example/',
    subject: 'ana',
    clientId: 'console',
    scopes: new Set(['sales:read', 'billing:read']),
    roles: ['analyst'],
    claims: { regions: ['EMEA', 'Zürich\u2028'] },
    expiresAtSec: NOW_SEC + 600,
    tokenId: 't1',
    purpose: 'reporting',
  },
  masks: { 'SalesCustomer.email': { kind: 'partial' }, 'SalesOrder.amount': { kind: 'range', step: 100 }, 'SalesCustomer.taxId': { kind: 'constant', value: '•••' } },
  rowRestrictions: { SalesCustomer: [{ anyOf: [{ field: 'region', claim: 'regions' }] }] },
  maskKey: 'a2V5',
}

let key: SigningKey

beforeAll(async () => {
  key = await generateSigningKey()
})

/** A header as the gateway makes it, with parts of it changed afterwards and signed again by the given key. */
async function forge(by: SigningKey, changes: { header?: object; payload?: object }): Promise<string> {
  const signer = createCallSigner({ privateJwk: by.privateJwk, clock: makeClock() })
  const [header = '', payload = ''] = (await signer.sign('sales', identity)).split('.')
  const decode = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
  const signedPart = [{ ...decode(header), ...changes.header }, { ...decode(payload), ...changes.payload }].map(part => encode(JSON.stringify(part))).join('.')
  return `${signedPart}.${sign(null, Buffer.from(signedPart), createPrivateKey({ key: by.privateJwk, format: 'jwk' })).toString('base64url')}`
}

describe('a signed call identity', () => {
  it('arrives as it was signed', async () => {
    const clock = makeClock()
    const value = await createCallSigner({ privateJwk: key.privateJwk, clock }).sign('sales', identity)
    const verifier = createCallVerifier({ jwks: key.publicJwks, subgraph: 'sales', clock })
    await expect(verifier.verify(value)).resolves.toEqual(identity)
    expect(value).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  it('is verified with a key set from a file, a file URL and an address', async () => {
    const clock = makeClock()
    const dir = await mkdtemp(join(tmpdir(), 'polyseme-call-'))
    const path = join(dir, 'jwks.json')
    await writeFile(path, JSON.stringify(key.publicJwks))
    await using server = await startJwksServer([])
    server.answer = key.publicJwks
    const value = await createCallSigner({ privateJwk: key.privateJwk, clock }).sign('sales', identity)
    for (const jwks of [path, pathToFileURL(path), new URL(server.uri)]) {
      const verifier = createCallVerifier({ jwks, subgraph: 'sales', clock })
      await expect(verifier.verify(value)).resolves.toEqual(identity)
      verifier.close()
    }
  })

  it('is reused for half its life, per subgraph, caller and masks', async () => {
    const clock = makeClock()
    const signer = createCallSigner({ privateJwk: key.privateJwk, clock })
    const first = await signer.sign('sales', identity)
    await expect(signer.sign('sales', { ...identity, masks: { ...identity.masks } })).resolves.toBe(first)
    const others = await Promise.all([
      signer.sign('billing', identity),
      signer.sign('sales', { ...identity, masks: {} }),
      signer.sign('sales', { ...identity, principal: { ...identity.principal, subject: 'bob' } }),
      signer.sign('sales', { ...identity, principal: { ...identity.principal, scopes: new Set() } }),
    ])
    expect(new Set([first, ...others]).size).toBe(5)
    clock.advance(29_000)
    await expect(signer.sign('sales', identity)).resolves.toBe(first)
    clock.advance(1_000)
    await expect(signer.sign('sales', identity)).resolves.not.toBe(first)
  })

  it('is refused at signing when it does not fit into a header', async () => {
    const signer = createCallSigner({ privateJwk: key.privateJwk })
    const claims = { padding: 'x'.repeat(40_000) }
    await expect(signer.sign('sales', { ...identity, principal: { ...identity.principal, claims } })).rejects.toThrow(RangeError)
  })

  it('publishes only the public half', () => {
    expect(createCallSigner({ privateJwk: key.privateJwk }).publicJwks()).toEqual({ keys: [expect.not.objectContaining({ d: expect.anything() })] })
    expect(key.publicJwks).toEqual(createCallSigner({ privateJwk: key.privateJwk }).publicJwks())
  })
})

describe('F01 a subgraph refuses', () => {
  let verifier: CallVerifier
  beforeAll(() => {
    verifier = createCallVerifier({ jwks: key.publicJwks, subgraph: 'sales', clock: makeClock() })
  })

  it.each([undefined, '', 'nonsense', 'a.b.c', ['x'], 'x'.repeat(40_000)])('%j as an identity', async value => {
    expect(await refusalOf(verifier.verify(value))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('a call meant for another subgraph, from another gateway or another issuer', async () => {
    const clock = makeClock()
    const billing = await createCallSigner({ privateJwk: key.privateJwk, clock }).sign('billing', identity)
    expect(await refusalOf(verifier.verify(billing))).toMatchObject({ reason: 'audience' })
    const stranger = await generateSigningKey()
    expect(await refusalOf(verifier.verify(await createCallSigner({ privateJwk: stranger.privateJwk, clock }).sign('sales', identity)))).toMatchObject({ reason: 'key' })
    const renamed = { ...stranger.privateJwk, kid: String(key.privateJwk.kid) }
    expect(await refusalOf(verifier.verify(await createCallSigner({ privateJwk: renamed, clock }).sign('sales', identity)))).toMatchObject({ reason: 'signature' })
    expect(await refusalOf(verifier.verify(await forge(key, { payload: { iss: 'someone' } })))).toMatchObject({ reason: 'issuer' })
  })

  it.each([
    [{ header: { alg: 'none' } }, 'type'],
    [{ header: { alg: 'HS256' } }, 'type'],
    [{ header: { typ: 'at+jwt' } }, 'type'],
    [{ header: { crit: ['b64'], b64: false } }, 'critical-header'],
    [{ payload: { exp: NOW_SEC + 3_600 } }, 'claims'],
    [{ payload: { iat: undefined } }, 'claims'],
    [{ payload: { principal: null } }, 'claims'],
    [{ payload: { masks: { 'A.b': { kind: 'clear' } } } }, 'claims'],
    [{ payload: { masks: undefined } }, 'claims'],
    [{ payload: { rowRestrictions: { SalesCustomer: [{ field: 'region' }] } } }, 'claims'],
    [{ payload: { rowRestrictions: null } }, 'claims'],
  ])('%j even when it is signed', async (changes, reason) => {
    expect(await refusalOf(verifier.verify(await forge(key, changes)))).toMatchObject({ code: 'UNAUTHENTICATED', reason })
  })

  it('a call that is older than a minute, remembered or not', async () => {
    const clock = makeClock()
    const own = createCallVerifier({ jwks: key.publicJwks, subgraph: 'sales', clock })
    const value = await createCallSigner({ privateJwk: key.privateJwk, clock }).sign('sales', identity)
    await own.verify(value)
    clock.advance(64_000)
    await expect(own.verify(value)).resolves.toEqual(identity)
    clock.advance(1_000)
    expect(await refusalOf(own.verify(value))).toMatchObject({ reason: 'expired' })
  })

  it('any changed character of the signature', async () => {
    const value = await createCallSigner({ privateJwk: key.privateJwk, clock: makeClock() }).sign('sales', identity)
    const start = value.lastIndexOf('.') + 1
    for (let at = start; at < value.length - 1; at++) {
      const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
      expect(await refusalOf(verifier.verify(changed))).toMatchObject({ reason: 'signature' })
    }
  })
})

describe('a verified identity', () => {
  it('has masks without a prototype', async () => {
    const verifier = createCallVerifier({ jwks: key.publicJwks, subgraph: 'sales', clock: makeClock() })
    const { masks } = await verifier.verify(await forge(key, {}))
    expect(masks['constructor']).toBeUndefined()
    expect(masks['SalesCustomer.email']).toEqual({ kind: 'partial' })
  })
})
