import { ERROR_CODES, type ErrorCode } from './codes.ts'

/** What a `GatewayError` carries beside its code and message. */
export interface GatewayErrorOptions {
  /** For the log only; never sent. */
  readonly cause?: unknown
  /** Sent as `extensions` when the message is sent; must hold no token, address or row value. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * One request that failed, with a stable code.
 *
 * The message is safe to show when the code's `exposeMessage` is true: it never carries a token, a subgraph's
 * address or a row's value.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details
  }

  /** HTTP status of a response whose only outcome is this error. */
  get status(): number {
    return ERROR_CODES[this.code].status
  }

  /** The text a client may see: the message, or the code's help where the message is internal. */
  get clientMessage(): string {
    const definition = ERROR_CODES[this.code]
    return definition.exposeMessage ? this.message : definition.help
  }
}
