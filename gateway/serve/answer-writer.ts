import { GatewayError } from '@polyseme/kit/errors'
import { headersOf, type Exchange } from './exchange.ts'

/** Whether the client would see that an answer broke off: before HTTP/1.1 the end of the connection is a good end. */
export function canBeCut({ request }: Exchange): boolean {
  return request.httpVersionMajor > 1 || request.httpVersionMinor >= 1
}

/** How long a client may take nothing of an answer that is written while it is made. */
export const STALL_MS = 60_000

/** Nobody is there to take the answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'

  constructor() {
    super('the client is gone')
  }
}

/** Time for the last words of an answer that is cut, to a client that reads. */
const LAST_WORDS_MS = 1_000

/**
 * Writes an answer whose length nobody knows yet, as fast as the client reads. Unless `end` is reached, the connection is
 * destroyed without the last chunk, so what was cut never looks complete (RFC 9112, section 8).
 */
export class AnswerWriter {
  readonly #exchange: Exchange
  readonly #stallMs: number

  constructor(exchange: Exchange, stallMs: number = STALL_MS) {
    this.#exchange = exchange
    this.#stallMs = stallMs
  }

  get hasBegun(): boolean {
    return this.#exchange.response.headersSent
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    const { response } = this.#exchange
    if (!response.headersSent && !response.destroyed) response.writeHead(status, headersOf(this.#exchange, headers))
  }

  /**
   * Resolves when the next piece may be written.
   *
   * @throws ClientGone · DEADLINE_EXCEEDED the client does not read · the signal's reason
   */
  async write(text: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { response } = this.#exchange
    if (response.destroyed) throw new ClientGone()
    const { promise: taken, resolve, reject } = Promise.withResolvers<void>()
    // The callback of the piece, since 'drain' does not come in every case in which `write` says to wait for it.
    if (response.write(text, (error) => (error ? reject(new ClientGone()) : resolve()))) {
      taken.catch(() => undefined)
      return
    }
    const onClose = (): void => reject(new ClientGone())
    const onAbort = (): void => reject(signal.reason as Error)
    const timer = setTimeout(() => reject(new GatewayError('DEADLINE_EXCEEDED', 'the client does not read its answer')), this.#stallMs)
    response.on('close', onClose)
    signal.addEventListener('abort', onAbort)
    try {
      await taken
    } finally {
      clearTimeout(timer)
      response.off('close', onClose)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Completes the answer; `trailers` were announced in the header `trailer`. */
  end(trailers: Readonly<Record<string, string>> = {}): void {
    this.#exchange.response.addTrailers(trailers)
    this.#exchange.response.end()
  }

  /** Who ended it, when an error only says that nobody waits for the answer any more. */
  whoLeft(error: unknown): 'CLIENT_GONE' | 'GATEWAY_STOPPED' | undefined {
    const { aborted, reason } = this.#exchange.signal
    if (aborted && reason instanceof GatewayError) return 'GATEWAY_STOPPED'
    return aborted || error instanceof ClientGone ? 'CLIENT_GONE' : undefined
  }

  /** Ends the answer so that the client sees that it is not complete, after last words that it may or may not get. */
  async cut(lastWords = ''): Promise<void> {
    const { response } = this.#exchange
    if (response.destroyed) return
    if (lastWords !== '') {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS)
        response.write(lastWords, () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    response.destroy()
  }
}
