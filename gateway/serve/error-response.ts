import { ERROR_CODES, GatewayError, type ErrorCode } from '@polyseme/kit/errors'
import { OperationErrors } from '../operation/index.ts'
import { DATA_HEADERS, type Answer, type Exchange } from './exchange.ts'
import type { Log } from './log.ts'

/** Seconds after which a refused request may be tried again, where that can help. */
const RETRY_AFTER_SEC = '5'

interface ErrorAnswer {
  readonly code: ErrorCode
  readonly status: number
  /** As they stand in `errors`. */
  readonly errors: readonly unknown[]
}

/** The one place where an error becomes an answer: what the client may know goes out, the rest goes to the log. */
export function toErrorAnswer(error: unknown, exchange: Exchange, log: Log): Answer {
  const { code, status, errors } = describeError(error, exchange)
  if (!ERROR_CODES[code].exposeMessage) log.error('request failed', { requestId: exchange.requestId, path: exchange.path, code }, error)
  return {
    status,
    headers: { ...DATA_HEADERS, 'content-type': `${responseType(exchange)}; charset=utf-8`, ...statusHeaders(status, error) },
    body: JSON.stringify({ errors }),
  }
}

function describeError(error: unknown, { requestId }: Exchange): ErrorAnswer {
  if (error instanceof OperationErrors) return { code: error.code, status: error.status, errors: error.errors.map((one) => one.toJSON()) }
  const { code, clientMessage, details } = error instanceof GatewayError ? error : new GatewayError('INTERNAL', 'an unexpected error')
  const { status, exposeMessage } = ERROR_CODES[code]
  return {
    code,
    // Codes that stand beside data are 200 there; alone they mean that nothing could be answered. But for one that is part of
    // a protocol whose clients read it only with status 200.
    status: status < 400 && code !== 'PERSISTED_QUERY_NOT_FOUND' ? 502 : status,
    errors: [{ message: clientMessage, extensions: { code, ...(exposeMessage ? details : { requestId }) } }],
  }
}

function statusHeaders(status: number, error: unknown): Readonly<Record<string, string>> {
  switch (status) {
    case 401: return { 'www-authenticate': challenge(error) }
    case 405: return { allow: allowedMethods(error) }
    case 429: return { 'retry-after': retryAfter(error) }
    case 503: return { 'retry-after': RETRY_AFTER_SEC }
    default: return {}
  }
}

/** GraphQL over HTTP: `application/graphql-response+json` where the client says that it understands it. */
export function responseType({ request }: Exchange): string {
  return request.headers.accept?.includes('application/graphql-response+json') === true ? 'application/graphql-response+json' : 'application/json'
}

function allowedMethods(error: unknown): string {
  const allow = error instanceof GatewayError ? error.details?.['allow'] : undefined
  return typeof allow === 'string' ? allow : 'POST'
}

function retryAfter(error: unknown): string {
  const seconds = error instanceof GatewayError ? error.details?.['retryAfterSec'] : undefined
  return typeof seconds === 'number' ? String(seconds) : RETRY_AFTER_SEC
}

/** RFC 6750 section 3: no error code when no token came; otherwise what is wrong with it, without quotes from it. */
function challenge(error: unknown): string {
  if (!(error instanceof GatewayError) || typeof error.details?.['reason'] !== 'string') return 'Bearer realm="polyseme"'
  return `Bearer realm="polyseme", error="invalid_token", error_description="${error.message.replace(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '')}"`
}
