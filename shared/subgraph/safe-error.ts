import { unwrapResolverError } from '@apollo/server/errors'
import type { GraphQLFormattedError } from 'graphql'
import { ERROR_CODES, GatewayError, isErrorCode } from '../errors/index.ts'

/** What an error says to the caller: a code and a text without statement, address, stack or a row's value. */
export function toSafeError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error)
  const place = { ...(formatted.locations === undefined ? {} : { locations: formatted.locations }), ...(formatted.path === undefined ? {} : { path: formatted.path }) }
  if (cause instanceof GatewayError) {
    return { message: cause.clientMessage, ...place, extensions: { ...cause.details, code: cause.code } }
  }
  const code = formatted.extensions?.['code']
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
    return { message: formatted.message, ...place, extensions: { code: isErrorCode(code) ? code : 'BAD_REQUEST' } }
  }
  if (isBrokenPromise(formatted, cause)) {
    return { message: brokenPromiseMessage(formatted.message), ...place, extensions: { code: 'SUBGRAPH_RESPONSE_INVALID' } }
  }
  return { message: ERROR_CODES.INTERNAL.help, ...place, extensions: { code: 'INTERNAL' } }
}

const NULL_MESSAGE = /^Cannot return null for non-nullable field ([\w.]+)\.$/

// graphql-js itself found that the data are not what the contract says: a null, or a value out of its type's range.
function isBrokenPromise(formatted: GraphQLFormattedError, cause: unknown): boolean {
  return formatted.path !== undefined && cause instanceof Error && (cause.name === 'GraphQLError' || NULL_MESSAGE.test(cause.message))
}

function brokenPromiseMessage(message: string): string {
  const match = NULL_MESSAGE.exec(message)
  if (match !== null) return `${match[1]} is absent although the contract requires it`
  return 'a value is not of the type that the contract gives it'
}
