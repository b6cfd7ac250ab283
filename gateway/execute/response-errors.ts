import { GatewayError, isErrorCode, ERROR_CODES } from '@polyseme/kit/errors'
import type { ResponseError } from './outcome.ts'
import type { SubgraphError } from './subgraph-transport.ts'

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/

/**
 * A subgraph sees the gateway's signature, never the client's token, so it cannot mean that; clients sign people out when they
 * read it.
 */
const ABOUT_THE_CALLER = new Set(['UNAUTHENTICATED', 'AUTHORIZATION_HEADER_INVALID'])

/** A subgraph that gave nothing at all: one error for all that is missing because of it. */
export function unavailableError(subgraph: string, error: unknown): ResponseError {
  const known = error instanceof GatewayError ? error : new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${subgraph}" is not available`)
  return { message: known.clientMessage, extensions: { code: known.code, subgraph } }
}

/** An error that a subgraph reported: its message is passed on only under a code of ours that may be shown. */
export function reportedError(subgraph: string, error: SubgraphError, path: readonly (string | number)[] | undefined): ResponseError {
  const { extensions } = error
  const code: unknown = typeof extensions === 'object' && extensions !== null && Object.hasOwn(extensions, 'code') ? (extensions as { code: unknown }).code : undefined
  const text = typeof code === 'string' && CODE.test(code) && !ABOUT_THE_CALLER.has(code) ? code : 'SUBGRAPH_ERROR'
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

/**
 * The errors of a completed answer. One whose place the client does not see, since the field was needed but not asked for
 * or is skipped, has no path; what several fetches report of one place stands there once. Of the unexplained ones those
 * stay whose null no other error explains.
 */
export function errorsOfAnswer(data: unknown, errors: readonly ResponseError[], unexplained: readonly ResponseError[]): readonly ResponseError[] {
  if (errors.length === 0 && unexplained.length === 0) return errors
  const known = new Set<string>()
  const places = new Set<string>()
  const kept = errors.flatMap((error) => {
    if (error.path === undefined) return [error]
    const place = placeOf(data, error.path)
    if (place === undefined) return [{ message: error.message, extensions: error.extensions }]
    const text = JSON.stringify(error)
    if (known.has(text)) return []
    known.add(text)
    places.add(JSON.stringify(place))
    return [error]
  })
  // One without a place may be about any of them.
  if (kept.some(({ path }) => path === undefined)) return kept
  for (const error of unexplained) {
    const place = JSON.stringify(placeOf(data, error.path ?? []))
    if (!places.has(place)) kept.push(error)
    places.add(place)
  }
  return kept
}

/** A path, up to the first null on it; undefined where it leads to nothing in the answer. */
function placeOf(data: unknown, path: readonly (string | number)[]): readonly (string | number)[] | undefined {
  let value = data
  for (const [index, step] of path.entries()) {
    if (value === null) return path.slice(0, index)
    if (typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return path
}
