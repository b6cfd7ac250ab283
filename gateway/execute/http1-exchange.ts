import type { ParsedResponse } from './http1-parser.ts'
import type { LongBody, LongBodyTaker } from './large/long-body.ts'

/** What a request ends in; exactly one of these is called, once. */
export interface Http1Handler {
  onResponse(response: ParsedResponse): void
  onError(error: Error): void
  /** Gets a body that proves to be long while it comes; `onResponse` or `onError` still tells how it ended. */
  readonly long?: LongBodyTaker
}

/** A request: its whole text, head and body, and how it may be sent. */
export interface Http1Request {
  readonly text: string
  /** It has no characters but those of ASCII, which is cheaper to write. */
  readonly ascii: boolean
  /** It may be sent twice, so it may go behind another on a connection (RFC 9112, 9.3.2). */
  readonly repeatable: boolean
}

/** A request on its way, or in line for a connection. */
export class Http1Exchange {
  readonly text: string
  readonly encoding: 'latin1' | 'utf8'
  /** Whether others may be sent before its response is there, and it after others. A body read at its reader's pace would hold those up. */
  readonly pipelined: boolean
  readonly #handler: Http1Handler
  /** Where it is under way. */
  connection: { readonly abandon: () => void } | undefined
  /** Of a response that is long. */
  body: LongBody | undefined
  isOver = false

  constructor({ text, ascii, repeatable }: Http1Request, handler: Http1Handler) {
    this.text = text
    this.encoding = ascii ? 'latin1' : 'utf8'
    this.pipelined = repeatable && handler.long === undefined
    this.#handler = handler
  }

  get long(): LongBodyTaker | undefined {
    return this.#handler.long
  }

  /** Gives it up; the handler hears nothing more. A connection that carries nothing else is closed. */
  cancel(): void {
    if (this.isOver) return
    this.isOver = true
    this.connection?.abandon()
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
}
