import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { textBytes } from '../execute/index.ts'

/** One HTTP request and its answer, as the ways in see it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Path as sent, without the query string; never decoded, so it only ever equals a route or does not. */
  readonly path: string
  /** Query string without `?`; empty when there is none. */
  readonly search: string
  /** Names this request in the log and in the answer's `x-request-id`; always ours, never the client's. */
  readonly requestId: string
  /** Headers of whatever answers it, an error too. */
  readonly headers: Record<string, string>
  /** Aborts when the client goes away before its answer is complete; with a GatewayError when the gateway sends it away. */
  readonly signal: AbortSignal
}

/** An answer that is complete in memory. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** Headers that every answer carries, whatever it is. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
}

/** For answers that are data: nothing in them may run, and nobody may keep them. */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/** @param gone aborted here when the client goes away */
export function openExchange(request: IncomingMessage, response: ServerResponse, gone: AbortController): Exchange {
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    request,
    response,
    path: mark === -1 ? url : url.slice(0, mark),
    search: mark === -1 ? '' : url.slice(mark + 1),
    requestId: randomUUID(),
    headers: {},
    signal: gone.signal,
  }
}

/** All headers of an answer. In one piece, since `setHeader` before `writeHead` makes Node take each of them apart again. */
export function headersOf({ headers: own, requestId }: Exchange, headers: Readonly<Record<string, string>>): Record<string, string | number> {
  return { ...COMMON_HEADERS, ...own, ...headers, 'x-request-id': requestId }
}

/** Sends a whole answer; does nothing when the client is gone or an answer has begun. */
export function sendAnswer(exchange: Exchange, { status, headers, body }: Answer): void {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) return
  const bytes = typeof body === 'string' ? textBytes(body) : body
  response.writeHead(status, { ...headersOf(exchange, headers), 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

export function sendJson(exchange: Exchange, status: number, value: unknown): void {
  sendAnswer(exchange, { status, headers: { ...DATA_HEADERS, 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) })
}
