import { ERROR_CODES, type ErrorCode } from '@polyseme/kit/errors'
import { GraphQLError } from 'graphql'

/**
 * An operation that is refused for several reasons at once: its GraphQL errors, ready to be sent,
 * each with the code in `extensions.code`.
 */
export class OperationErrors extends Error {
  override readonly name = 'OperationErrors'
  readonly code: ErrorCode
  readonly errors: readonly GraphQLError[]
  /** HTTP status of the response. */
  readonly status: number

  constructor(code: ErrorCode, errors: readonly GraphQLError[], status: number = ERROR_CODES[code].status) {
    super(errors.map(({ message }) => message).join('\n'))
    this.code = code
    this.errors = errors.map((error) => withCode(error, code))
    this.status = status
  }
}

// `originalError` is left behind: it may hold a stack, and nothing of it is for the client.
function withCode(error: GraphQLError, code: ErrorCode): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...error.extensions, code },
  })
}
