import type { GatewayError } from '@polyseme/kit/errors'
import type { Dispatcher } from 'undici'
import { LongBody, type LongBodyTaker } from './large/long-body.ts'
import { timedOut, unavailable, unusable } from './transport-errors.ts'

/** An HTTP answer whose body was read completely. */
export interface CollectedResponse {
  readonly status: number
  /** Content coding, lower case; empty when there is none. */
  readonly coding: string
  /** Text only where there is no coding. */
  readonly body: Buffer | string
}

export interface CollectRequest {
  readonly dispatcher: Dispatcher
  readonly subgraph: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: string
  /** It may be sent twice. */
  readonly repeatable: boolean
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Takes over a body that proves to be long; from then on only the signal bounds the time. */
  readonly long?: LongBodyTaker
}

/**
 * Posts a body and reads the answer within a deadline, a byte cap and without following redirects.
 *
 * @throws SUBGRAPH_UNAVAILABLE (no or broken connection), SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID (redirect, too long)
 */
export function collectResponse(request: CollectRequest): Promise<CollectedResponse> {
  return new Promise((resolve, reject) => {
    request.dispatcher.dispatch(
      { path: request.path, method: 'POST', headers: request.headers, body: request.body, idempotent: request.repeatable, blocking: !request.repeatable },
      new ResponseCollector(request, resolve, reject),
    )
  })
}

class ResponseCollector implements Dispatcher.DispatchHandler {
  readonly #request: CollectRequest
  readonly #resolve: (response: CollectedResponse) => void
  readonly #reject: (error: GatewayError) => void
  readonly #timer: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  readonly #onAbort = (): void => this.#fail(timedOut(this.#request.subgraph))
  #controller: Dispatcher.DispatchController | undefined
  #settled = false
  #bytes = 0
  #status = 0
  #coding = ''
  #long: LongBody | undefined

  constructor(request: CollectRequest, resolve: (response: CollectedResponse) => void, reject: (error: GatewayError) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(this.#onAbort, request.timeoutMs)
    request.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // The deadline may have passed while the request waited in line for a connection.
    if (this.#settled) controller.abort(new Error('cancelled'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (status < 200) return
    if (status >= 300 && status < 400) {
      this.#fail(unusable(this.#request.subgraph, 'it is a redirect'))
      return
    }
    this.#status = status
    const coding = headers['content-encoding']
    this.#coding = (Array.isArray(coding) ? coding.join(',') : coding ?? '').trim().toLowerCase()
    if (Number(headers['content-length'] ?? 0) > this.#limit) this.#fail(unusable(this.#request.subgraph, 'it is longer than the size limit'))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limit) {
      this.#fail(unusable(this.#request.subgraph, 'it is longer than the size limit'))
      return
    }
    if (this.#long !== undefined) {
      this.#long.push(chunk)
      return
    }
    this.#chunks.push(chunk)
    const { long } = this.#request
    if (long !== undefined && this.#isPlain && this.#bytes > long.afterBytes) this.#handOver(long, controller)
  }

  #handOver(long: LongBodyTaker, controller: Dispatcher.DispatchController): void {
    clearTimeout(this.#timer)
    this.#long = new LongBody({ pause: () => controller.pause(), resume: () => controller.resume(), cancel: () => this.#fail(timedOut(this.#request.subgraph)) })
    long.begin(this.#long)
    for (const chunk of this.#chunks.splice(0)) this.#long.push(chunk)
  }

  /** An answer as it should be, whose bytes are its text. */
  get #isPlain(): boolean {
    return this.#coding === '' && this.#status < 300
  }

  get #limit(): number {
    return this.#request.long !== undefined && this.#isPlain ? this.#request.long.maxBytes : this.#request.maxBytes
  }

  onResponseEnd(): void {
    if (!this.#settle()) return
    this.#long?.end()
    const [first] = this.#chunks
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#resolve({ status: this.#status, coding: this.#coding, body })
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (!this.#settle()) return
    this.#refuse(unavailable(this.#request.subgraph, cause))
  }

  #refuse(error: GatewayError): void {
    this.#long?.fail(error)
    this.#reject(error)
  }

  #fail(error: GatewayError): void {
    if (!this.#settle()) return
    this.#chunks.length = 0
    this.#refuse(error)
    this.#controller?.abort(error)
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#timer)
    this.#request.signal.removeEventListener('abort', this.#onAbort)
    return true
  }
}
