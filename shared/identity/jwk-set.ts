import { createPublicKey, type KeyObject } from 'node:crypto'

/** The signature algorithms that may be accepted: all asymmetric, all from RFC 7518, RFC 8037 or RFC 9864. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** A public key of a key set that may verify signatures. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly key: KeyObject
  /** The JWK as text, to tell whether a later key set still holds the same key. */
  readonly text: string
}

/** A key that is in the set but is not used, and why. */
export interface RefusedKey {
  readonly kid: string | undefined
  readonly why: string
}

export interface ParsedKeySet {
  readonly keys: readonly VerificationKey[]
  readonly refused: readonly RefusedKey[]
}

const MAX_KEYS = 100
const MIN_RSA_BITS = 2048
const MIN_RSA_EXPONENT = 65_537n
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

const RSA_ALGORITHMS: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const CURVE_ALGORITHMS: ReadonlyMap<string, readonly SignatureAlgorithm[]> = new Map([
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
])

/**
 * The usable public keys of a JWK Set (RFC 7517): no symmetric or private key, no RSA under 2,048 bits, none that is
 * declared for something else than verifying.
 *
 * @throws TypeError when the value is not a JWK Set at all
 */
export function parseJwkSet(value: unknown): ParsedKeySet {
  const list: unknown = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
  if (!Array.isArray(list)) throw new TypeError('not a JWK Set: there is no list `keys`')
  const keys: VerificationKey[] = []
  const refused: RefusedKey[] = []
  for (const jwk of list.slice(0, MAX_KEYS) as unknown[]) {
    const outcome = parseJwk(jwk)
    if ('why' in outcome) refused.push(outcome)
    else keys.push(outcome)
  }
  if (list.length > MAX_KEYS) refused.push({ kid: undefined, why: `only the first ${MAX_KEYS} keys of a set are read` })
  return { keys, refused }
}

function parseJwk(jwk: unknown): VerificationKey | RefusedKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return { kid: undefined, why: 'not an object' }
  const members = jwk as Readonly<Record<string, unknown>>
  const kid = typeof members['kid'] === 'string' ? members['kid'] : undefined
  if (PRIVATE_MEMBERS.some(member => Object.hasOwn(members, member))) return { kid, why: 'a symmetric or private key' }
  if (members['use'] !== undefined && members['use'] !== 'sig') return { kid, why: 'not for signatures' }
  const operations = members['key_ops']
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return { kid, why: 'not for verifying' }
  const algorithms = algorithmsOf(members)
  if (algorithms.length === 0) return { kid, why: 'of a type, curve or algorithm that is not supported' }
  let key: KeyObject
  try {
    key = createPublicKey({ key: members, format: 'jwk' })
  } catch {
    return { kid, why: 'malformed' }
  }
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) return { kid, why: `RSA with fewer than ${MIN_RSA_BITS} bits` }
  // With an exponent of 1 anyone can write signatures.
  if (publicExponent !== undefined && publicExponent < MIN_RSA_EXPONENT) return { kid, why: 'RSA with a small exponent' }
  return { kid, algorithms, key, text: JSON.stringify(jwk) }
}

function algorithmsOf(members: Readonly<Record<string, unknown>>): readonly SignatureAlgorithm[] {
  const { kty, crv, alg } = members
  const possible = kty === 'RSA' ? RSA_ALGORITHMS : (CURVE_ALGORITHMS.get(`${String(kty)} ${String(crv)}`) ?? [])
  return alg === undefined ? possible : possible.filter(algorithm => algorithm === alg)
}
