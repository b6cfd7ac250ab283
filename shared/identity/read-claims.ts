import type { ResolvedIssuer } from './issuer-config.ts'
import type { Principal } from './principal.ts'
import { refusal } from './refusal.ts'

/** A principal and what of its token only revocation needs. */
export interface VerifiedClaims {
  readonly principal: Principal
  readonly issuedAtSec: number | undefined
}

type Payload = Readonly<Record<string, unknown>>

const MAX_SCOPES = 1_000
const MAX_NAMES = 1_000
const MAX_NAME_LENGTH = 256
// RFC 6749, section 3.3.
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/
// eslint-disable-next-line no-control-regex -- control characters are what is refused here
const CONTROL_CHARACTER = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
// An ID token or a refresh token of an issuer that gives everything the type `JWT`.
const FOREIGN_TOKEN_MEMBERS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'] as const
const ACCESS_TOKEN_USES: ReadonlySet<unknown> = new Set([undefined, 'access', 'Bearer', 'DPoP'])

/**
 * Checks the claims of a token whose signature was verified, and maps them to a principal (RFC 7519, RFC 9068).
 * Pure; `nowMs` is the time of the check.
 *
 * @throws UNAUTHENTICATED
 */
export function readClaims(payload: Payload, issuer: ResolvedIssuer, nowMs: number): VerifiedClaims {
  refuseForeignTokens(payload)
  checkAudience(payload['aud'], issuer.audiences)
  const expiresAtSec = checkTimes(payload, issuer.clockToleranceSec, nowMs / 1_000)
  const tokenId = optionalText(payload, 'jti')
  const clientId = optionalText(payload, 'client_id') ?? optionalText(payload, 'azp')
  const principal: Principal = {
    issuer: issuer.issuer,
    subject: requiredText(payload, 'sub'),
    ...(clientId === undefined ? {} : { clientId }),
    scopes: readScopes(valueAt(payload, issuer.claims.scopes)),
    roles: readNames(valueAt(payload, issuer.claims.roles), 'roles'),
    claims: readFurtherClaims(payload, issuer),
    expiresAtSec,
    ...(tokenId === undefined ? {} : { tokenId }),
  }
  return { principal: Object.freeze(principal), issuedAtSec: optionalTime(payload, 'iat') }
}

function refuseForeignTokens(payload: Payload): void {
  const foreign = FOREIGN_TOKEN_MEMBERS.some(member => Object.hasOwn(payload, member))
  // Cognito says `token_use`, Keycloak says `typ`.
  if (foreign || !ACCESS_TOKEN_USES.has(payload['token_use']) || !ACCESS_TOKEN_USES.has(payload['typ'])) {
    throw refusal('type', 'The token is not an access token.')
  }
}

function checkAudience(audience: unknown, accepted: ReadonlySet<string>): void {
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  if (named.length === 0 || !named.every(name => typeof name === 'string' && name !== '')) {
    throw refusal('audience', 'The token names no valid audience.')
  }
  if (!named.some(name => accepted.has(name as string))) throw refusal('audience', 'The token is meant for another audience.')
}

function checkTimes(payload: Payload, toleranceSec: number, nowSec: number): number {
  const expiresAtSec = optionalTime(payload, 'exp')
  if (expiresAtSec === undefined) throw refusal('claims', 'The token has no expiry (exp).')
  if (nowSec >= expiresAtSec + toleranceSec) throw refusal('expired', 'The token has expired.')
  const notBefore = optionalTime(payload, 'nbf')
  if (notBefore !== undefined && notBefore > nowSec + toleranceSec) throw refusal('not-yet-valid', 'The token is not valid yet.')
  const issuedAt = optionalTime(payload, 'iat')
  if (issuedAt !== undefined && issuedAt > nowSec + toleranceSec) throw refusal('not-yet-valid', 'The token was issued in the future.')
  return expiresAtSec
}

function optionalTime(payload: Payload, claim: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = payload[claim]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw refusal('claims', `The token's ${claim} is not a time.`)
  return value
}

function requiredText(payload: Payload, claim: string): string {
  const value = optionalText(payload, claim)
  if (value === undefined) throw refusal('claims', `The token has no ${claim}.`)
  return value
}

function optionalText(payload: Payload, claim: string): string | undefined {
  const value = payload[claim]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_LENGTH || CONTROL_CHARACTER.test(value)) {
    throw refusal('claims', `The token's ${claim} is not a usable text.`)
  }
  return value
}

function readScopes(value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set()
  // Some issuers write an empty string for "no scope".
  const scopes: readonly unknown[] = typeof value === 'string' ? value.split(' ').filter(scope => scope !== '') : Array.isArray(value) ? value : [value]
  if (scopes.length > MAX_SCOPES) throw refusal('scopes', `The token has more than ${MAX_SCOPES} scopes.`)
  if (!scopes.every(isScope)) throw refusal('scopes', 'The token has a scope that is not a scope name.')
  return new Set(scopes)
}

function isScope(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_LENGTH && SCOPE.test(value) && !RESERVED_NAMES.has(value)
}

function readNames(value: unknown, what: 'roles' | 'groups'): readonly string[] {
  if (value === undefined) return []
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > MAX_NAMES || !names.every(isName)) throw refusal('claims', `The token's ${what} are not a list of names.`)
  return Object.freeze([...names])
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH && !CONTROL_CHARACTER.test(value) && !RESERVED_NAMES.has(value)
}

function readFurtherClaims(payload: Payload, issuer: ResolvedIssuer): Principal['claims'] {
  const claims: Record<string, unknown> = {}
  for (const { name, path } of issuer.claims.further) {
    const value = valueAt(payload, path)
    if (value !== undefined) claims[name] = value
  }
  if (issuer.claims.groups !== undefined) claims['groups'] = readNames(valueAt(payload, issuer.claims.groups), 'groups')
  return Object.freeze(claims)
}

/** The value at a path of own members; `undefined` where a step is missing. */
function valueAt(payload: Payload, path: readonly string[]): unknown {
  let value: unknown = payload
  for (const member of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined
    value = (value as Payload)[member]
  }
  return value
}
