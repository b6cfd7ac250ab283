import { connect, type LookupFunction, type Socket } from 'node:net'
import { Http1Error, Http1Parser, type ParsedResponse } from './http1-parser.ts'
import { LongBody, type LongBodyTaker } from './large/long-body.ts'

export interface Http1PoolOptions {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  readonly maxBytes: number
  /** Resolves `host` and says what may not be connected to. */
  readonly lookup: LookupFunction
}

/** What a request ends in; exactly one of these is called, once. */
export interface Http1Handler {
  onResponse(response: ParsedResponse): void
  onError(error: Error): void
  /** Gets a body that proves to be long while it comes; `onResponse` or `onError` still tells how it ended. */
  readonly long?: LongBodyTaker
}

/** A request that can be given up. */
export interface Http1Exchange {
  /** Frees the connection by closing it; the handler hears nothing more. */
  cancel(): void
}

/** Idle connections are closed before a server that says nothing of it would (Node's closes after 5 s). */
const IDLE_MS = 4_000
const MAX_IDLE_MS = 30_000
const SWEEP_MS = 1_000
/** One for all connections: what is read is taken before anything else is read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(262_144)

/**
 * Kept-alive plain HTTP/1.1 connections to one server, one request at a time on each. Reads into one buffer
 * and hands out whole bodies as text: a call costs half of what it costs through a general client.
 */
export class Http1Pool {
  readonly #options: Http1PoolOptions
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: PendingExchange[] = []
  #sweeper: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: Http1PoolOptions) {
    this.#options = options
  }

  /** Sends the whole text of a request, head and body; `ascii` when it has no other characters, which is cheaper to write. */
  send(text: string, ascii: boolean, handler: Http1Handler): Http1Exchange {
    const exchange = new PendingExchange(text, ascii ? 'latin1' : 'utf8', handler)
    if (this.#closed) {
      queueMicrotask(() => exchange.fail(new Error('the pool is closed')))
      return exchange
    }
    const connection = this.#take()
    if (connection === undefined) this.#waiting.push(exchange)
    else connection.start(exchange)
    return exchange
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#sweeper)
    for (const exchange of this.#waiting.splice(0)) exchange.fail(new Error('the pool is closed'))
    for (const connection of this.#all) connection.destroy(new Error('the pool is closed'))
  }

  #take(): Connection | undefined {
    const now = performance.now()
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable(now)) return connection
      connection.destroy(new Error('idle for too long'))
    }
    return this.#all.size < this.#options.maxConnections ? this.#open() : undefined
  }

  #open(): Connection {
    const connection: Connection = new Connection(this.#options, {
      onIdle: () => this.#serveNext(connection),
      onClosed: () => {
        this.#all.delete(connection)
        const at = this.#idle.indexOf(connection)
        if (at !== -1) this.#idle.splice(at, 1)
        this.#serveWaiting()
      },
    })
    this.#all.add(connection)
    return connection
  }

  #serveNext(connection: Connection): void {
    const next = this.#nextWaiting()
    if (next !== undefined) {
      connection.start(next)
      return
    }
    this.#idle.push(connection)
    if (this.#sweeper !== undefined) return
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  /** Closes what was idle for too long; the longest idle stand first. */
  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#idle.filter((one) => !one.isUsable(now))) connection.destroy(new Error('idle for too long'))
    if (this.#idle.length > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  #serveWaiting(): void {
    if (this.#closed || this.#waiting.length === 0 || this.#all.size >= this.#options.maxConnections) return
    const next = this.#nextWaiting()
    if (next !== undefined) this.#open().start(next)
  }

  #nextWaiting(): PendingExchange | undefined {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) if (!next.isOver) return next
    return undefined
  }
}

class PendingExchange implements Http1Exchange {
  readonly text: string
  readonly encoding: 'latin1' | 'utf8'
  readonly #handler: Http1Handler
  connection: Connection | undefined
  /** Of a response that may be long. */
  body: LongBody | undefined
  isOver = false

  constructor(text: string, encoding: 'latin1' | 'utf8', handler: Http1Handler) {
    this.text = text
    this.encoding = encoding
    this.#handler = handler
  }

  cancel(): void {
    if (this.isOver) return
    this.isOver = true
    this.connection?.destroy(new Error('cancelled'))
  }

  succeed(response: ParsedResponse): void {
    if (this.isOver) return
    this.isOver = true
    this.body?.end()
    this.#handler.onResponse(response)
  }

  fail(error: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.#handler.onError(error)
  }

  get long(): LongBodyTaker | undefined {
    return this.#handler.long
  }
}

interface ConnectionListener {
  readonly onIdle: () => void
  readonly onClosed: () => void
}

class Connection {
  readonly #socket: Socket
  readonly #maxBytes: number
  readonly #on: ConnectionListener
  #exchange: PendingExchange | undefined
  #parser: Http1Parser | undefined
  #usableUntil = 0
  #closed = false

  constructor({ host, port, maxBytes, lookup }: Http1PoolOptions, on: ConnectionListener) {
    this.#maxBytes = maxBytes
    this.#on = on
    this.#socket = connect({
      host, port, lookup, noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.#read(READ_BUFFER.subarray(0, length))
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#close(error))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.#close(new Error('the connection was closed')))
  }

  isUsable(now: number): boolean {
    return !this.#closed && now < this.#usableUntil
  }

  start(exchange: PendingExchange): void {
    if (exchange.isOver) {
      this.#on.onIdle()
      return
    }
    this.#exchange = exchange
    this.#parser = exchange.long === undefined ? new Http1Parser(this.#maxBytes) : this.#parserFor(exchange, exchange.long)
    exchange.connection = this
    this.#socket.write(exchange.text, exchange.encoding)
  }

  destroy(error: Error): void {
    this.#close(error)
  }

  #parserFor(exchange: PendingExchange, { afterBytes, maxBytes, begin }: LongBodyTaker): Http1Parser {
    const body = new LongBody({ pause: () => void this.#socket.pause(), resume: () => void this.#socket.resume(), cancel: () => exchange.cancel() })
    exchange.body = body
    return new Http1Parser(this.#maxBytes, { afterBytes, maxBytes, begin: () => begin(body), data: (chunk) => body.push(chunk) })
  }

  #read(data: Buffer): void {
    if (this.#parser === undefined) {
      this.#close(new Http1Error('an answer that nobody asked for'))
      return
    }
    let response: ParsedResponse | undefined
    try {
      response = this.#parser.push(data)
    } catch (error) {
      this.#close(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (response !== undefined) this.#finish(response)
  }

  #end(): void {
    const response = this.#parser?.end()
    if (response === undefined) this.#close(new Error('the connection ended'))
    else this.#finish(response)
  }

  #finish(response: ParsedResponse): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#parser = undefined
    exchange?.succeed(response)
    if (!response.reusable) {
      this.#close(new Error('the server keeps no connection'))
      return
    }
    const idleMs = response.keepAliveSec === undefined ? IDLE_MS : Math.min(MAX_IDLE_MS, response.keepAliveSec * 1_000 - 1_000)
    this.#usableUntil = performance.now() + idleMs
    this.#on.onIdle()
  }

  #close(error: Error): void {
    if (this.#closed) return
    this.#closed = true
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#parser = undefined
    this.#socket.destroy()
    this.#on.onClosed()
    exchange?.fail(error)
  }
}
