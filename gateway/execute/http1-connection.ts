import { connect, type LookupFunction, type Socket } from 'node:net'
import { Http1Error } from './http1-error.ts'
import type { Http1Exchange } from './http1-exchange.ts'
import { Http1Parser, type ParsedResponse } from './http1-parser.ts'
import { LongBody } from './large/long-body.ts'

export interface Http1ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly maxBytes: number
  /** Requests under way at once; 1: none waits for another's response. */
  readonly pipelining: number
  /** Resolves `host` and says what may not be connected to. */
  readonly lookup: LookupFunction
}

/** How a connection tells its pool. */
export interface Http1ConnectionListener {
  /** One more request may be sent. */
  readonly onFree: () => void
  readonly onClosed: () => void
}

/** Idle connections are closed before a server that says nothing of it would (Node's closes after 5 s). */
const IDLE_MS = 4_000
const MAX_IDLE_MS = 30_000
/** One for all connections: what is read is taken before anything else is read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(262_144)

/** One kept-alive connection; responses come in the order of requests (RFC 9112, 9.3.2). */
export class Http1Connection {
  readonly #socket: Socket
  readonly #maxBytes: number
  readonly #gathers: boolean
  readonly #on: Http1ConnectionListener
  readonly #exchanges: Http1Exchange[] = []
  #parser: Http1Parser | undefined
  /** Requests of this turn of the event loop. */
  #unsent = ''
  #usableUntil = 0
  #closed = false

  constructor({ host, port, maxBytes, pipelining, lookup }: Http1ConnectionOptions, on: Http1ConnectionListener) {
    this.#maxBytes = maxBytes
    this.#gathers = pipelining > 1
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

  /** Requests that were sent and have no response yet. */
  get underWay(): number {
    return this.#exchanges.length
  }

  /** Whether another request may be sent behind those under way; not behind one that was given up, whose response may never come. */
  get takesMore(): boolean {
    return !this.#closed && this.#exchanges.every((exchange) => exchange.pipelined && !exchange.isOver)
  }

  isUsable(now: number): boolean {
    return !this.#closed && now < this.#usableUntil
  }

  start(exchange: Http1Exchange): void {
    if (exchange.isOver) {
      this.#on.onFree()
      return
    }
    this.#exchanges.push(exchange)
    this.#parser ??= this.#parserFor(exchange)
    exchange.connection = this
    if (this.#gathers && exchange.pipelined) this.#gather(exchange.text)
    else this.#socket.write(exchange.text, exchange.encoding)
  }

  /** Writing costs more than all else in a call, and hardly more for several requests than for one. */
  #gather(text: string): void {
    if (this.#unsent === '') {
      setImmediate(() => {
        const gathered = this.#unsent
        this.#unsent = ''
        if (!this.#closed) this.#socket.write(gathered)
      })
    }
    this.#unsent += text
  }

  /** Nobody waits for one of the responses any more: what others wait for is still read. */
  abandon(): void {
    if (this.#exchanges.every((exchange) => exchange.isOver)) this.#close(new Error('cancelled'))
  }

  destroy(error: Error): void {
    this.#close(error)
  }

  #parserFor(exchange: Http1Exchange): Http1Parser {
    const { long } = exchange
    if (long === undefined) return new Http1Parser(this.#maxBytes)
    return new Http1Parser(this.#maxBytes, {
      afterBytes: long.afterBytes,
      maxBytes: long.maxBytes,
      begin: () => {
        exchange.body = new LongBody({ pause: () => void this.#socket.pause(), resume: () => void this.#socket.resume(), cancel: () => exchange.cancel() })
        long.begin(exchange.body)
      },
      data: (chunk) => exchange.body?.push(chunk),
    })
  }

  #read(data: Buffer): void {
    for (let rest = data; rest.length > 0 && !this.#closed;) {
      const parser = this.#parser
      if (parser === undefined) {
        this.#close(new Http1Error('an answer that nobody asked for'))
        return
      }
      let response: ParsedResponse | undefined
      try {
        response = parser.push(rest)
        if (parser.rest.length > 0 && this.#exchanges.length === 1) throw new Http1Error('more came than was announced')
      } catch (error) {
        this.#close(error instanceof Error ? error : new Error(String(error)))
        return
      }
      if (response === undefined) return
      rest = parser.rest
      this.#finish(response)
    }
  }

  #end(): void {
    const response = this.#parser?.end()
    if (response === undefined) this.#close(new Error('the connection ended'))
    else this.#finish(response)
  }

  #finish(response: ParsedResponse): void {
    const exchange = this.#exchanges.shift()
    const [next] = this.#exchanges
    this.#parser = next === undefined ? undefined : this.#parserFor(next)
    exchange?.succeed(response)
    if (!response.reusable) {
      this.#close(new Error('the server keeps no connection'))
      return
    }
    const idleMs = response.keepAliveSec === undefined ? IDLE_MS : Math.min(MAX_IDLE_MS, response.keepAliveSec * 1_000 - 1_000)
    this.#usableUntil = performance.now() + idleMs
    this.#on.onFree()
  }

  #close(error: Error): void {
    if (this.#closed) return
    this.#closed = true
    const exchanges = this.#exchanges.splice(0)
    this.#parser = undefined
    this.#socket.destroy()
    this.#on.onClosed()
    for (const exchange of exchanges) exchange.fail(error)
  }
}
