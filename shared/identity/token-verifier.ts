import { hash } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { GatewayError } from '../errors/index.ts'
import { BoundedMap } from './bounded-map.ts'
import { MAX_TOKEN_BYTES, parseCompactJws, type CompactJws } from './compact-jws.ts'
import { resolveIssuer, type IssuerConfig, type ResolvedIssuer } from './issuer-config.ts'
import type { VerificationKey } from './jwk-set.ts'
import { KeySource, type KeySourceNotice } from './key-source.ts'
import { fetchJwks, type JwksLoadLimits, type LoadJwks } from './load-jwks.ts'
import type { Principal } from './principal.ts'
import { readClaims, type VerifiedClaims } from './read-claims.ts'
import { refusal } from './refusal.ts'
import type { Revocation } from './revocation.ts'

export interface TokenVerifierOptions {
  /** The issuers whose access tokens are accepted; at least one, each name once. */
  readonly issuers: readonly IssuerConfig[]
  /** Asked on every use of a token. Default: nothing is revoked. */
  readonly revocation?: Revocation
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
  /** How a key set is fetched. Default: HTTP without redirects, capped in time and size. */
  readonly fetchJwks?: (uri: URL, limits: JwksLoadLimits) => Promise<string>
  /** Takes what an operator should know: unusable keys, an issuer that does not answer. Default: dropped. */
  readonly report?: (notice: KeySourceNotice) => void
  /** Verified tokens that are remembered until they expire. Default 10,000. */
  readonly maxCachedTokens?: number
}

/** Turns an access token into the caller it stands for, or refuses it. */
export interface TokenVerifier {
  /**
   * A token that was verified before costs a hash and a look-up; revocation and expiry are checked every time.
   *
   * @throws UNAUTHENTICATED the token is not acceptable; the message says why and holds nothing of it
   * @throws ISSUER_UNAVAILABLE the issuer's keys are not to be had
   */
  verify(token: string): Promise<Principal>
  /** Ends fetches that are under way. */
  close(): void
}

interface CachedToken extends VerifiedClaims {
  readonly trusted: TrustedIssuer
  readonly key: VerificationKey
}

interface TrustedIssuer {
  readonly issuer: ResolvedIssuer
  readonly keys: KeySource
}

/** @throws CONFIG_INVALID when an issuer's options are out of range */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { revocation, clock = Date.now, maxCachedTokens = 10_000 } = options
  const issuers = trustIssuers(options, clock)
  const cache = new BoundedMap<string, CachedToken>(maxCachedTokens)

  const admit = (cached: CachedToken): Principal => {
    const { issuer, subject, tokenId } = cached.principal
    if (revocation?.isRevoked({ issuer, subject, tokenId, issuedAtSec: cached.issuedAtSec }) === true) {
      throw refusal('revoked', 'The token has been revoked.')
    }
    return cached.principal
  }

  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_BYTES) throw refusal('too-large', `The token is larger than ${MAX_TOKEN_BYTES} bytes.`)
      const cacheKey = hash('sha256', token, 'base64')
      const known = cache.get(cacheKey)
      if (known !== undefined && isStillGood(known, clock())) return admit(known)
      cache.delete(cacheKey)
      const verified = await verifyAnew(token, issuers, clock)
      cache.set(cacheKey, verified)
      return admit(verified)
    },
    close() {
      for (const { keys } of issuers.values()) keys.close()
      cache.clear()
    },
  }
}

function trustIssuers(options: TokenVerifierOptions, clock: () => number): ReadonlyMap<string, TrustedIssuer> {
  const { issuers, fetchJwks: fetchText = fetchJwks, report = () => undefined } = options
  if (issuers.length === 0) throw new GatewayError('CONFIG_INVALID', 'At least one token issuer is needed.')
  const trusted = new Map<string, TrustedIssuer>()
  for (const config of issuers) {
    const issuer = resolveIssuer(config)
    if (trusted.has(issuer.issuer)) throw new GatewayError('CONFIG_INVALID', `Issuer ${issuer.issuer} is configured twice.`)
    const { keys: origin } = issuer
    const load: LoadJwks = origin.kind === 'inline' ? () => Promise.resolve(JSON.stringify(origin.jwks)) : limits => fetchText(origin.uri, limits)
    trusted.set(issuer.issuer, { issuer, keys: new KeySource({ issuer: issuer.issuer, load, times: issuer.jwks, clock, report }) })
  }
  return trusted
}

function isStillGood({ principal, trusted, key }: CachedToken, nowMs: number): boolean {
  return nowMs < (principal.expiresAtSec + trusted.issuer.clockToleranceSec) * 1_000 && trusted.keys.isCurrent(key)
}

async function verifyAnew(token: string, issuers: ReadonlyMap<string, TrustedIssuer>, clock: () => number): Promise<CachedToken> {
  const jws = parseCompactJws(token)
  const { iss } = jws.payload
  const trusted = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (trusted === undefined) throw refusal('issuer', 'The token comes from an issuer that is not trusted here.')
  const { issuer, keys } = trusted
  const algorithm = checkHeader(jws, issuer)
  const { kid } = jws.header
  if (kid !== undefined && typeof kid !== 'string') throw refusal('key', 'The token\'s key id is not a text.')
  const key = await keys.find(kid, algorithm)
  if (key === undefined) throw refusal('key', 'The token is signed with a key that its issuer does not publish.')
  await checkSignature(token, { key, algorithm, issuer, nowMs: clock() })
  return { ...readClaims(jws.payload, issuer, clock()), trusted, key }
}

function checkHeader({ header }: CompactJws, issuer: ResolvedIssuer): string {
  if (!issuer.algorithms.has(header.alg)) throw refusal('algorithm', 'The token\'s signature algorithm is not accepted.')
  const { typ } = header
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  if (type === undefined || !issuer.tokenTypes.has(type)) throw refusal('type', 'The token is not an access token: its type (typ) is not accepted.')
  return header.alg
}

interface SignatureCheck {
  readonly key: VerificationKey
  readonly algorithm: string
  readonly issuer: ResolvedIssuer
  readonly nowMs: number
}

/** jose checks the signature and, once more and independently of `readClaims`, the registered claims. */
async function checkSignature(token: string, { key, algorithm, issuer, nowMs }: SignatureCheck): Promise<void> {
  try {
    await jwtVerify(token, key.key, {
      algorithms: [algorithm],
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: issuer.clockToleranceSec,
      currentDate: new Date(nowMs),
    })
  } catch (error) {
    throw fromJose(error)
  }
}

function fromJose(error: unknown): GatewayError {
  if (error instanceof errors.JWTExpired) return refusal('expired', 'The token has expired.', error)
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refusal('audience', 'The token is meant for another audience.', error)
    if (error.claim === 'nbf') return refusal('not-yet-valid', 'The token is not valid yet.', error)
    return refusal('claims', `The token's claim ${error.claim} is missing or not acceptable.`, error)
  }
  return refusal('signature', 'The token\'s signature is not valid.', error)
}
