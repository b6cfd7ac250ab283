import { GatewayError } from '@polyseme/kit/errors'

/** The error of an operation that is over a limit; its message gives the limit and the value. */
export function limitExceeded(what: string, limit: number, value: number | string): GatewayError {
  return new GatewayError('OPERATION_LIMIT_EXCEEDED', `The operation has ${value} ${what}; at most ${limit} are allowed.`, { details: { what, limit, value } })
}
