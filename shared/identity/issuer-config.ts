import type { JSONWebKeySet } from 'jose'
import { GatewayError } from '../errors/index.ts'
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './jwk-set.ts'

/** Where a claim stands: its name, or the names on the way to a nested one (`['realm_access', 'roles']`). */
export type ClaimPath = string | readonly string[]

/** Which claims of an issuer mean what. */
export interface ClaimMapping {
  /** A space-separated string or a list of strings. Default `scope`. */
  readonly scopes?: ClaimPath
  /** A list of strings, or one string. Default `roles`. */
  readonly roles?: ClaimPath
  /** A list of strings, or one string; becomes `Principal.claims.groups`. Default: not read. */
  readonly groups?: ClaimPath
  /** Further claims that policies and row filters may read, by the name they get in `Principal.claims`. Default: none. */
  readonly further?: Readonly<Record<string, ClaimPath>>
}

/** One issuer whose access tokens are accepted, and everything that is asked of them. */
export interface IssuerConfig {
  /** Compared with `iss` character by character. */
  readonly issuer: string
  /** `aud` must name at least one of these. */
  readonly audience: string | readonly string[]
  /** Where the issuer publishes its keys; https, or http on loopback. Exactly one of `jwksUri` and `jwks`. */
  readonly jwksUri?: string
  /** The issuer's keys themselves, for an issuer that publishes none. */
  readonly jwks?: JSONWebKeySet
  /** Take the keys over plain http from another host as well; only inside a private network. Default false. */
  readonly allowHttp?: boolean
  /** Asymmetric signature algorithms. Default RS256, PS256, ES256, EdDSA. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Accepted values of the header's `typ`, without `application/`. Default `at+jwt` (RFC 9068). */
  readonly tokenTypes?: readonly string[]
  readonly claims?: ClaimMapping
  /** 0 to 60. Default 30. */
  readonly clockToleranceSec?: number
  /** Keys older than this are fetched again before they are used: a removed key dies within it. Default 600,000. */
  readonly jwksMaxAgeMs?: number
  /** At most one fetch in this time, whatever comes in. Default 10,000. */
  readonly jwksCooldownMs?: number
  /** How long known keys still work while the issuer cannot be reached; afterwards every token is refused. Default 14,400,000. */
  readonly jwksMaxStaleMs?: number
  /** Whole fetch, to the last byte. Default 5,000. */
  readonly jwksTimeoutMs?: number
  /** Default 262,144. */
  readonly jwksMaxBytes?: number
}

/** An `IssuerConfig` with every default filled in and every value checked. */
export interface ResolvedIssuer {
  readonly issuer: string
  readonly audiences: ReadonlySet<string>
  readonly keys: { readonly kind: 'uri'; readonly uri: URL } | { readonly kind: 'inline'; readonly jwks: JSONWebKeySet }
  readonly algorithms: ReadonlySet<string>
  readonly tokenTypes: ReadonlySet<string>
  readonly claims: {
    readonly scopes: readonly string[]
    readonly roles: readonly string[]
    readonly groups: readonly string[] | undefined
    readonly further: readonly { readonly name: string; readonly path: readonly string[] }[]
  }
  readonly clockToleranceSec: number
  readonly jwks: JwksTimes
}

/** How a key set is kept; see the options of the same names in `IssuerConfig`. */
export interface JwksTimes {
  readonly maxAgeMs: number
  readonly cooldownMs: number
  readonly maxStaleMs: number
  readonly timeoutMs: number
  readonly maxBytes: number
}

export const DEFAULT_JWKS_TIMES: JwksTimes = { maxAgeMs: 600_000, cooldownMs: 10_000, maxStaleMs: 14_400_000, timeoutMs: 5_000, maxBytes: 262_144 }

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', '__proto__', 'constructor', 'prototype'])

/** Fills in the defaults and checks every value. @throws CONFIG_INVALID */
export function resolveIssuer(config: IssuerConfig): ResolvedIssuer {
  if (config.issuer === '') throw configInvalid('An issuer must have a name: `issuer` is empty.')
  const audiences = typeof config.audience === 'string' ? [config.audience] : config.audience
  if (audiences.length === 0 || audiences.includes('')) throw configInvalid(`Issuer ${config.issuer}: \`audience\` must name at least one audience.`)
  const algorithms = config.algorithms ?? ['RS256', 'PS256', 'ES256', 'EdDSA']
  const refused = algorithms.find(algorithm => !SIGNATURE_ALGORITHMS.includes(algorithm))
  if (refused !== undefined || algorithms.length === 0) {
    throw configInvalid(`Issuer ${config.issuer}: \`algorithms\` must be some of ${SIGNATURE_ALGORITHMS.join(', ')}.`)
  }
  const tokenTypes = config.tokenTypes ?? ['at+jwt']
  if (tokenTypes.length === 0) throw configInvalid(`Issuer ${config.issuer}: \`tokenTypes\` must name at least one type.`)
  return {
    issuer: config.issuer,
    audiences: new Set(audiences),
    keys: resolveKeys(config),
    algorithms: new Set(algorithms),
    tokenTypes: new Set(tokenTypes.map(type => type.toLowerCase())),
    claims: resolveClaims(config),
    clockToleranceSec: inRange(config, 'clockToleranceSec', 30, 0, 60),
    jwks: {
      maxAgeMs: inRange(config, 'jwksMaxAgeMs', DEFAULT_JWKS_TIMES.maxAgeMs, 1, 86_400_000),
      cooldownMs: inRange(config, 'jwksCooldownMs', DEFAULT_JWKS_TIMES.cooldownMs, 1, 3_600_000),
      maxStaleMs: inRange(config, 'jwksMaxStaleMs', DEFAULT_JWKS_TIMES.maxStaleMs, 1, 604_800_000),
      timeoutMs: inRange(config, 'jwksTimeoutMs', DEFAULT_JWKS_TIMES.timeoutMs, 1, 60_000),
      maxBytes: inRange(config, 'jwksMaxBytes', DEFAULT_JWKS_TIMES.maxBytes, 1, 16_777_216),
    },
  }
}

function resolveKeys(config: IssuerConfig): ResolvedIssuer['keys'] {
  if ((config.jwksUri === undefined) === (config.jwks === undefined)) {
    throw configInvalid(`Issuer ${config.issuer}: give exactly one of \`jwksUri\` and \`jwks\`.`)
  }
  if (config.jwks !== undefined) return { kind: 'inline', jwks: config.jwks }
  const uri = URL.parse(config.jwksUri ?? '')
  if (uri === null) throw configInvalid(`Issuer ${config.issuer}: \`jwksUri\` is not a URL.`)
  const safe = uri.protocol === 'https:' || (uri.protocol === 'http:' && (LOOPBACK_HOSTS.has(uri.hostname) || config.allowHttp === true))
  if (!safe) throw configInvalid(`Issuer ${config.issuer}: \`jwksUri\` must be https (or set \`allowHttp\` inside a private network).`)
  return { kind: 'uri', uri }
}

function resolveClaims(config: IssuerConfig): ResolvedIssuer['claims'] {
  const { scopes = 'scope', roles = 'roles', groups, further = {} } = config.claims ?? {}
  const registered = Object.keys(further).find(name => REGISTERED_CLAIMS.has(name))
  if (registered !== undefined) throw configInvalid(`Issuer ${config.issuer}: \`claims.further\` may not be named ${registered}.`)
  return {
    scopes: claimPath(scopes),
    roles: claimPath(roles),
    groups: groups === undefined ? undefined : claimPath(groups),
    further: Object.entries(further).map(([name, path]) => ({ name, path: claimPath(path) })),
  }
}

function claimPath(path: ClaimPath): readonly string[] {
  return typeof path === 'string' ? [path] : path
}

type NumericOption = 'clockToleranceSec' | 'jwksMaxAgeMs' | 'jwksCooldownMs' | 'jwksMaxStaleMs' | 'jwksTimeoutMs' | 'jwksMaxBytes'

function inRange(config: IssuerConfig, option: NumericOption, fallback: number, ...[least, most]: readonly [number, number]): number {
  const value = config[option] ?? fallback
  if (value >= least && value <= most) return value
  throw configInvalid(`Issuer ${config.issuer}: \`${option}\` must be between ${least} and ${most}.`)
}

function configInvalid(message: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', message)
}
