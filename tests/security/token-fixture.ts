import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { createTokenVerifier, type KeySourceNotice, type TokenVerifier, type TokenVerifierOptions } from '@polyseme/kit/identity'

export interface IssuerKey {
  readonly alg: 'RS256' | 'ES256' | 'EdDSA'
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
}

/** A fresh key pair of an issuer. */
export function makeKey(alg: IssuerKey['alg'], kid: string, modulusLength = 2048): IssuerKey {
  const { privateKey, publicKey } =
    alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength }) : alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  return { alg, kid, privateKey, publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg, use: 'sig' } }
}

/** A key set server on loopback whose answers a test controls. */
export interface JwksServer extends AsyncDisposable {
  readonly uri: string
  /** Requests it got, as `method path`. */
  readonly requests: string[]
  /** What it answers; a value is sent as JSON. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | { readonly keys: readonly unknown[] }
}

export async function startJwksServer(keys: readonly IssuerKey[]): Promise<JwksServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (typeof fixture.answer === 'function') fixture.answer(request, response)
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(fixture.answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const fixture: JwksServer = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    requests,
    answer: { keys: keys.map(key => key.publicJwk) },
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return fixture
}

/** The moment at which the tests' clock stands, in seconds. */
export const NOW_SEC = 1_800_000_000

export const ISSUER = 'https://issuer.example/'
export const AUDIENCE = 'polyseme'

/** Claims of a token that is acceptable at `NOW_SEC`. */
export const GOOD_CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'ana', iat: NOW_SEC - 10, exp: NOW_SEC + 600, jti: 'token-1', scope: 'sales:read billing:read' } as const

export interface TokenParts {
  /** Members added to `{ alg, typ: 'at+jwt', kid }`; `undefined` takes one away. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Members added to `GOOD_CLAIMS`; `undefined` takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The payload as text, instead of `claims`. */
  readonly payloadText?: string
  readonly headerText?: string
}

/** A signed token; nothing about its content is checked. */
export function makeToken(key: IssuerKey, { header, claims, payloadText, headerText }: TokenParts = {}): string {
  const head = headerText ?? JSON.stringify({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header })
  const body = payloadText ?? JSON.stringify({ ...GOOD_CLAIMS, ...claims })
  const signedPart = `${encode(head)}.${encode(body)}`
  return `${signedPart}.${signatureOf(key, signedPart).toString('base64url')}`
}

/** A token whose signature is an HMAC with the given bytes as secret: what an attacker can make of a public key. */
export function makeHmacToken(secret: string | Buffer, header: Readonly<Record<string, unknown>>): string {
  const signedPart = `${encode(JSON.stringify({ typ: 'at+jwt', ...header }))}.${encode(JSON.stringify(GOOD_CLAIMS))}`
  return `${signedPart}.${createHmac('sha256', secret).update(signedPart).digest('base64url')}`
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function signatureOf(key: IssuerKey, signedPart: string): Buffer {
  const bytes = Buffer.from(signedPart)
  if (key.alg === 'EdDSA') return sign(null, bytes, key.privateKey)
  return sign('sha256', bytes, key.alg === 'ES256' ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' } : key.privateKey)
}

/** A clock that a test moves. */
export interface TestClock {
  (): number
  advance(ms: number): void
}

export function makeClock(): TestClock {
  let nowMs = NOW_SEC * 1_000
  return Object.assign(() => nowMs, {
    advance: (ms: number) => {
      nowMs += ms
    },
  })
}

export interface VerifierFixture extends Disposable {
  readonly verifier: TokenVerifier
  readonly clock: TestClock
  readonly notices: KeySourceNotice[]
}

/** A verifier of one issuer whose keys lie on a server. */
export function makeVerifier(server: JwksServer, issuer: Partial<TokenVerifierOptions['issuers'][number]> = {}, options: Partial<TokenVerifierOptions> = {}): VerifierFixture {
  const clock = makeClock()
  const notices: KeySourceNotice[] = []
  const verifier = createTokenVerifier({
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri, algorithms: ['RS256', 'ES256', 'EdDSA'], ...issuer }],
    clock,
    report: notice => notices.push(notice),
    ...options,
  })
  return { verifier, clock, notices, [Symbol.dispose]: () => verifier.close() }
}

/** What a rejected call says: its code, its reason and its message. */
export async function refusalOf(outcome: Promise<unknown>): Promise<{ code: unknown; reason: unknown; message: string }> {
  try {
    await outcome
  } catch (error) {
    const { code, details, message } = error as { code: unknown; details?: { reason?: unknown }; message: string }
    return { code, reason: details?.reason, message }
  }
  throw new Error('it was accepted')
}
