import { ERROR_CODES, GatewayError, type ErrorCode } from '@polyseme/kit/errors'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { toErrorAnswer } from './error-response.ts'
import { openExchange, sendAnswer, type Exchange } from './exchange.ts'
import type { Log } from './log.ts'

/** Answers one request; what it throws is answered by the listener. */
export type Handler = (exchange: Exchange) => Promise<void>

/** A path and who answers it; a path that ends in `/` stands for all below it, but for the root. */
export interface Route {
  readonly path: string
  readonly handle: Handler
}

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: Log
}

/** A port that listens; what it has no route for yet is answered with 503. */
export interface HttpListener {
  readonly url: string
  readonly port: number
  /** Routes are tried in order; the first whose path fits answers. While they are not `complete`, any other path is 503. */
  serve(routes: readonly Route[], options?: { readonly complete: boolean }): void
  /**
   * No new connection from now on; answers under way are finished, up to the deadline (default 10 s). What is cut off then is
   * told so, and has a while to end, such as to write down that it was.
   */
  close(deadlineMs?: number): Promise<void>
}

/** Whole headers within 10 s, the whole request within 60 s, 16 KiB of headers: a slow or endless client ends there. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 5_000 }

/** For what is left to do about an answer that was sent or cut, after the last connection is closed. */
const LAST_WORK_MS = 4_000

interface UnderWay {
  readonly response: ServerResponse
  readonly gone: AbortController
}

/** @throws PORT_IN_USE */
export async function listen({ host, port, log }: ListenOptions): Promise<HttpListener> {
  let routes: readonly Route[] = []
  let complete = false
  let closing: Promise<void> | undefined
  const underWay = new Map<UnderWay, Promise<void>>()
  // Node counts a connection that never asked anything as busy, and browsers open such ahead of need.
  const silent = new Set<Socket>()
  const server = createServer({ ...LIMITS, noDelay: true }, (request, response) => {
    silent.delete(request.socket)
    const gone = new AbortController()
    const exchange = openExchange(request, response, gone)
    if (closing !== undefined) response.shouldKeepAlive = false
    // Once answered, a connection that would be kept alive is only in the way of closing.
    response.on('close', () => closing && setImmediate(() => server.closeIdleConnections()))
    const entry = { response, gone }
    underWay.set(entry, answer(routes, complete, exchange).catch((error: unknown) => {
      sendAnswer(exchange, toErrorAnswer(error, exchange, log))
      // The answer had begun, so the client has to see that it is not complete.
      if (!response.writableEnded) response.destroy()
      endUnreadRequest(exchange)
    }).finally(() => underWay.delete(entry)))
  })
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseBrokenRequest(error, socket))
  const url = await bind(server, host, port)
  return {
    url: url.href.replace(/\/$/, ''),
    port: Number(url.port),
    serve: (next, options = { complete: true }) => {
      routes = next
      complete = options.complete
    },
    close: async (deadlineMs = 10_000) => {
      closing ??= close(server, { silent, underWay, deadlineMs })
      await closing
    },
  }
}

async function close(server: Server, { silent, underWay, deadlineMs }: { readonly silent: ReadonlySet<Socket>; readonly underWay: ReadonlyMap<UnderWay, Promise<void>>; readonly deadlineMs: number }): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of silent) socket.destroy()
  for (const { response } of underWay.keys()) response.shouldKeepAlive = false
  const timer = setTimeout(() => {
    for (const { gone } of underWay.keys()) gone.abort(new GatewayError('OVERLOADED', 'the gateway is stopping'))
    server.closeAllConnections()
  }, deadlineMs)
  await closed
  clearTimeout(timer)
  const ended = new AbortController()
  await Promise.race([
    Promise.all(underWay.values()),
    delay(Math.min(deadlineMs, LAST_WORK_MS), undefined, { signal: ended.signal }).catch(() => undefined),
  ])
  ended.abort()
}

async function answer(routes: readonly Route[], complete: boolean, exchange: Exchange): Promise<void> {
  const route = routes.find(({ path }) => exchange.path === path || (path.length > 1 && path.endsWith('/') && exchange.path.startsWith(path)))
  if (route === undefined && !complete) throw new GatewayError('OVERLOADED', 'the gateway is starting')
  if (route === undefined) throw new GatewayError('NOT_FOUND', 'there is nothing at this address; the graph is at /graphql')
  await route.handle(exchange)
}

/** A body that was refused is not read on for long: a client that goes on sending is cut off. */
function endUnreadRequest({ request }: Exchange): void {
  if (request.complete) return
  request.resume()
  const timer = setTimeout(() => request.socket.destroy(), 2_000)
  request.on('close', () => clearTimeout(timer))
}

/** What never became a request (headers too long or too slow, not HTTP) has no exchange; the answer is the same in form. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const [code, message, status]: [ErrorCode, string, string] =
    error.code === 'HPE_HEADER_OVERFLOW' ? ['PAYLOAD_TOO_LARGE', 'the request headers are longer than 16 KiB', '431 Request Header Fields Too Large']
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? ['BAD_REQUEST', 'the request did not arrive in time', '408 Request Timeout']
    : ['BAD_REQUEST', 'this is not an HTTP request', `${ERROR_CODES.BAD_REQUEST.status} Bad Request`]
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}

async function bind(server: Server, host: string, port: number): Promise<URL> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, host, port)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`)
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE': return new GatewayError('PORT_IN_USE', `port ${port} on ${host} is in use; choose another with --port`, { cause: error })
    case 'EACCES': return new GatewayError('CONFIG_INVALID', `port ${port} on ${host} may not be used by this user; choose one above 1023`, { cause: error })
    case 'EADDRNOTAVAIL': case 'ENOTFOUND': return new GatewayError('CONFIG_INVALID', `${host} is no address of this machine`, { cause: error })
    case undefined: default: return error
  }
}
