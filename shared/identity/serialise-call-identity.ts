import type { CallIdentity } from './call-identity.ts'
import type { Mask } from './mask.ts'
import type { Principal } from './principal.ts'
import { isRowRestrictions, type RowRestrictions } from './row-restriction.ts'

/** A call identity as it stands in the signed payload: the same, with the set of scopes as a list. */
export interface SerialisedCallIdentity {
  readonly principal: Omit<Principal, 'scopes'> & { readonly scopes: readonly string[] }
  readonly masks: Readonly<Record<string, Mask>>
  readonly rowRestrictions?: RowRestrictions
  readonly maskKey?: string
}

export function serialiseCallIdentity({ principal, masks, rowRestrictions, maskKey }: CallIdentity): SerialisedCallIdentity {
  return { principal: { ...principal, scopes: [...principal.scopes] }, masks, ...(rowRestrictions === undefined ? {} : { rowRestrictions }), ...(maskKey === undefined ? {} : { maskKey }) }
}

/** Rebuilds a call identity from a verified payload; undefined when it is not one. Masks and restrictions get a null prototype. */
export function parseCallIdentity(payload: Readonly<Record<string, unknown>>): CallIdentity | undefined {
  const { principal, masks, rowRestrictions, maskKey } = payload
  if (!isRecord(principal) || !isRecord(masks) || !Object.values(masks).every(isMask)) return undefined
  // Without a restriction that cannot be read, the rows would be open.
  if (rowRestrictions !== undefined && !isRowRestrictions(rowRestrictions)) return undefined
  if (!isPrincipal(principal) || (maskKey !== undefined && typeof maskKey !== 'string')) return undefined
  return Object.freeze({
    principal: Object.freeze({ ...principal, scopes: new Set(principal.scopes) }),
    masks: Object.freeze(Object.assign(Object.create(null) as Record<string, Mask>, masks)),
    ...(rowRestrictions === undefined ? {} : { rowRestrictions: Object.freeze(Object.assign(Object.create(null) as Record<string, never>, rowRestrictions)) }),
    ...(maskKey === undefined ? {} : { maskKey }),
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPrincipal(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & SerialisedCallIdentity['principal'] {
  const { issuer, subject, scopes, roles, claims, expiresAtSec } = value
  return typeof issuer === 'string' && typeof subject === 'string' && isNames(scopes) && isNames(roles) && isRecord(claims) && typeof expiresAtSec === 'number'
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(name => typeof name === 'string')
}

function isMask(value: unknown): value is Mask {
  if (!isRecord(value)) return false
  switch (value['kind']) {
    case 'null':
    case 'hash':
    case 'partial':
    case 'year':
      return true
    case 'constant':
      return typeof value['value'] === 'string'
    case 'range':
      return typeof value['step'] === 'number'
    default:
      return false
  }
}
