import { GatewayError, isErrorCode, ERROR_CODES } from '@polyseme/kit/errors'
import type { ResponseError } from './outcome.ts'
import type { SubgraphError } from './subgraph-transport.ts'

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/

/** A subgraph that gave nothing at all: one error for all that is missing because of it. */
export function unavailableError(subgraph: string, error: unknown): ResponseError {
  const known = error instanceof GatewayError ? error : new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${subgraph}" is not available`)
  return { message: known.clientMessage, extensions: { code: known.code, subgraph } }
}

/** An error that a subgraph reported: its message is passed on only under a code of ours that may be shown. */
export function reportedError(subgraph: string, error: SubgraphError, path: readonly (string | number)[] | undefined): ResponseError {
  const { extensions } = error
  const code: unknown = typeof extensions === 'object' && extensions !== null && Object.hasOwn(extensions, 'code') ? (extensions as { code: unknown }).code : undefined
  const text = typeof code === 'string' && CODE.test(code) ? code : 'SUBGRAPH_ERROR'
  const { message } = error
  // An error without a code, or with one that is not ours, was not written for clients.
  const shown = text === code && isErrorCode(text) && ERROR_CODES[text].exposeMessage && typeof message === 'string' ? message.slice(0, 1_000) : undefined
  return {
    message: shown ?? `the domain "${subgraph}" reported an error`,
    ...(path === undefined ? {} : { path }),
    extensions: { code: text, subgraph },
  }
}

/** An answer that contradicts the schema at one place. */
export function invalidValueError(message: string, path: readonly (string | number)[], subgraph?: string): ResponseError {
  return { message, path, extensions: { code: 'SUBGRAPH_RESPONSE_INVALID', ...(subgraph === undefined ? {} : { subgraph }) } }
}
