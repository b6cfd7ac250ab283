import { GatewayError } from '../errors/index.ts'

// RFC 6750, section 2.1.
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * The bearer token of a request, from the Authorization header and from nowhere else; undefined when there is no such
 * header. A token in a query string or a body is not looked at (RFC 6750 sections 2.2 and 2.3 are not implemented).
 *
 * `rawHeaders` is Node's list of alternating names and values: the parsed `headers` drop a second Authorization header
 * without a word.
 *
 * @throws AUTHORIZATION_HEADER_INVALID when there are two, a list, or something else than one bearer token
 */
export function readBearerToken(rawHeaders: readonly string[]): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization')
  const [value] = values
  if (value === undefined) return undefined
  const token = values.length === 1 ? BEARER.exec(value)?.[1] : undefined
  if (token === undefined) {
    throw new GatewayError('AUTHORIZATION_HEADER_INVALID', 'The request must have one Authorization header of the form `Bearer <token>`.')
  }
  return token
}
