import { hash, verify as verifyBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import type { JSONWebKeySet } from 'jose'
import { BoundedMap } from './bounded-map.ts'
import { MAX_CALL_IDENTITY_BYTES, type CallIdentity } from './call-identity.ts'
import { CALL_IDENTITY_TYPE, CALL_LIFETIME_SEC } from './call-signer.ts'
import { parseCompactJws } from './compact-jws.ts'
import { DEFAULT_JWKS_TIMES, type JwksTimes } from './issuer-config.ts'
import type { VerificationKey } from './jwk-set.ts'
import { KeySource, type KeySourceNotice } from './key-source.ts'
import { fetchJwks, readJwksFile, type LoadJwks } from './load-jwks.ts'
import { refusal } from './refusal.ts'
import { parseCallIdentity } from './serialise-call-identity.ts'

export interface CallVerifierOptions {
  /** The gateway's public keys: the set itself, the path of a file, or where it is published (`file:`, `http:`, `https:`). */
  readonly jwks: JSONWebKeySet | string | URL
  /** Name of the subgraph that asks; a call meant for another one is refused. */
  readonly subgraph: string
  /** `iss` that is accepted. Default `polyseme-gateway`. */
  readonly issuer?: string
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
  /** How far this machine's clock may be off. 0 to 60. Default 5. */
  readonly clockToleranceSec?: number
  readonly times?: Partial<JwksTimes>
  /** Verified headers that are kept until they expire. Default 5,000. */
  readonly maxCachedCalls?: number
  readonly report?: (notice: KeySourceNotice) => void
}

/** Tells a subgraph on whose behalf it is called. */
export interface CallVerifier {
  /**
   * The identity in the header `polyseme-identity`; anything that the gateway did not sign for this subgraph within the
   * last minute is refused, an absent header too.
   *
   * @throws UNAUTHENTICATED
   * @throws ISSUER_UNAVAILABLE the gateway's keys are not to be had
   */
  verify(headerValue: string | readonly string[] | undefined): Promise<CallIdentity>
  close(): void
}

interface CachedCall {
  readonly identity: CallIdentity
  readonly expiresAtSec: number
  readonly key: VerificationKey
}

export function createCallVerifier(options: CallVerifierOptions): CallVerifier {
  const { subgraph, issuer = 'polyseme-gateway', clock = Date.now, clockToleranceSec = 5, maxCachedCalls = 5_000, report = () => undefined } = options
  if (!(clockToleranceSec >= 0 && clockToleranceSec <= 60)) throw new TypeError('clockToleranceSec must be between 0 and 60')
  const keys = new KeySource({ issuer, load: loaderOf(options.jwks), times: { ...DEFAULT_JWKS_TIMES, ...options.times }, clock, report })
  const cache = new BoundedMap<string, CachedCall>(maxCachedCalls)
  const isAlive = (expiresAtSec: number): boolean => clock() / 1_000 < expiresAtSec + clockToleranceSec

  const verifyAnew = async (value: string): Promise<CachedCall> => {
    const { header, payload, signedPart, signature } = parseCompactJws(value, MAX_CALL_IDENTITY_BYTES)
    if (header.alg !== 'EdDSA' || header['typ'] !== CALL_IDENTITY_TYPE) throw refusal('type', 'The call identity is not of the expected type.')
    const { kid } = header
    const key = typeof kid === 'string' ? await keys.find(kid, 'EdDSA') : undefined
    if (key === undefined) throw refusal('key', 'The call identity is signed with an unknown key.')
    if (!verifyBytes(null, Buffer.from(signedPart), key.key, signature)) throw refusal('signature', 'The signature of the call identity is not valid.')
    if (payload['iss'] !== issuer) throw refusal('issuer', 'The call identity comes from another issuer.')
    if (payload['aud'] !== subgraph) throw refusal('audience', 'The call identity is meant for another subgraph.')
    const expiresAtSec = checkLifetime(payload, isAlive)
    const identity = parseCallIdentity(payload)
    if (identity === undefined) throw refusal('claims', 'The call identity is incomplete.')
    return { identity, expiresAtSec, key }
  }

  return {
    async verify(headerValue) {
      if (typeof headerValue !== 'string' || headerValue === '') throw refusal('malformed', 'The call carries no identity of the gateway.')
      if (headerValue.length > MAX_CALL_IDENTITY_BYTES) throw refusal('too-large', `The call identity is larger than ${MAX_CALL_IDENTITY_BYTES} bytes.`)
      const cacheKey = hash('sha256', headerValue, 'base64')
      const known = cache.get(cacheKey)
      if (known !== undefined && isAlive(known.expiresAtSec) && keys.isCurrent(known.key)) return known.identity
      cache.delete(cacheKey)
      const verified = await verifyAnew(headerValue)
      cache.set(cacheKey, verified)
      return verified.identity
    },
    close() {
      keys.close()
      cache.clear()
    },
  }
}

function checkLifetime(payload: Readonly<Record<string, unknown>>, isAlive: (expiresAtSec: number) => boolean): number {
  const { iat, exp } = payload
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > CALL_LIFETIME_SEC) throw refusal('claims', 'The call identity has no valid lifetime.')
  if (!isAlive(exp)) throw refusal('expired', 'The call identity has expired.')
  return exp
}

function loaderOf(jwks: JSONWebKeySet | string | URL): LoadJwks {
  if (typeof jwks === 'string') return limits => readJwksFile(pathToFileURL(jwks), limits)
  if (!(jwks instanceof URL)) return () => Promise.resolve(JSON.stringify(jwks))
  return jwks.protocol === 'file:' ? limits => readJwksFile(jwks, limits) : limits => fetchJwks(jwks, limits)
}
