import { GatewayError } from '@polyseme/kit/errors'
import { readBearerToken, type Principal, type TokenVerifier } from '@polyseme/kit/identity'
import type { Exchange } from './exchange.ts'

/**
 * First of the five calls. The token is read from the Authorization header only, before the body is.
 *
 * @throws UNAUTHENTICATED · AUTHORIZATION_HEADER_INVALID · ISSUER_UNAVAILABLE · BAD_REQUEST
 */
export async function authenticate(exchange: Exchange, tokens: TokenVerifier): Promise<Principal> {
  const token = readBearerToken(exchange.request.rawHeaders)
  if (token === undefined) throw new GatewayError('UNAUTHENTICATED', 'this graph needs an access token: send `Authorization: Bearer <token>`')
  return withPurpose(await tokens.verify(token), exchange)
}

const PURPOSE = /^[a-z][a-z0-9-]{0,63}$/
// The same caller with the same purpose is the same object, so that what is decided about it stays decided.
const purposes = new WeakMap<Principal, Map<string, Principal>>()
const MAX_PURPOSES = 32

/** The purpose of use that the request names in `x-purpose`; policies and agreements judge it. @throws BAD_REQUEST */
function withPurpose(principal: Principal, { request }: Exchange): Principal {
  const purpose = request.headers['x-purpose']
  if (purpose === undefined) return principal
  if (typeof purpose !== 'string' || !PURPOSE.test(purpose)) throw new GatewayError('BAD_REQUEST', '`x-purpose` is one word of small letters, digits and hyphens')
  let known = purposes.get(principal)
  if (known === undefined || known.size >= MAX_PURPOSES) purposes.set(principal, (known = new Map()))
  let variant = known.get(purpose)
  if (variant === undefined) known.set(purpose, (variant = { ...principal, purpose }))
  return variant
}
