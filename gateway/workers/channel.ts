import { GatewayError, isErrorCode } from '@polyseme/kit/errors'

/** What crosses between the primary process and a worker; structured clones, so maps and sets keep their kind. */
type Message =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly input: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'notice'; readonly name: string; readonly value: unknown }

/** One end of the pipe between two processes. */
export interface Pipe {
  /** `failed` is called when the message could not be delivered. */
  readonly send: (message: unknown, failed: (error: Error) => void) => void
  readonly onMessage: (listener: (message: unknown) => void) => void
}

export type Method = (input: unknown) => Promise<unknown>

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: GatewayError) => void
  readonly timer: NodeJS.Timeout
}

/** Calls and notices between two processes of one gateway. Every call has a deadline; an error keeps its code. */
export class Channel {
  readonly #pipe: Pipe
  readonly #methods: Readonly<Record<string, Method>>
  readonly #notices: Readonly<Record<string, (value: unknown) => void>>
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  /** @param notices what is done with the other side's notices, by name; others are dropped */
  constructor(pipe: Pipe, methods: Readonly<Record<string, Method>>, notices: Readonly<Record<string, (value: unknown) => void>>) {
    this.#pipe = pipe
    this.#methods = methods
    this.#notices = notices
    pipe.onMessage((message) => this.#take(message as Message))
  }

  /** @throws what the other side threw; INTERNAL when it is gone or does not answer in time */
  async call(method: string, input: unknown, timeoutMs: number): Promise<unknown> {
    const id = ++this.#last
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, new GatewayError('INTERNAL', `the gateway's other process did not answer (${method})`)), timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#send({ kind: 'call', id, method, input })
    })
  }

  notify(name: string, value?: unknown): void {
    this.#send({ kind: 'notice', name, value })
  }

  /** Fails what waits: the other side is gone. */
  end(): void {
    for (const id of this.#waiting.keys()) this.#fail(id, new GatewayError('INTERNAL', 'the gateway\'s other process is gone'))
  }

  #send(message: Message): void {
    this.#pipe.send(message, () => {
      if (message.kind === 'call') this.#fail(message.id, new GatewayError('INTERNAL', 'the gateway\'s other process is gone'))
    })
  }

  #take(message: Message): void {
    switch (message.kind) {
      case 'call': return void this.#answer(message)
      case 'answer': return this.#settle(message.id)?.resolve(message.value)
      case 'failure': return this.#settle(message.id)?.reject(new GatewayError(isErrorCode(message.code) ? message.code : 'INTERNAL', message.message))
      case 'notice': return Object.hasOwn(this.#notices, message.name) ? this.#notices[message.name]?.(message.value) : undefined
      // Whatever else comes through the pipe is not ours.
      default: return undefined
    }
  }

  async #answer({ id, method, input }: Extract<Message, { kind: 'call' }>): Promise<void> {
    try {
      const run = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined
      if (run === undefined) throw new TypeError(`no method ${method}`)
      this.#send({ kind: 'answer', id, value: await run(input) })
    } catch (error) {
      const { code, message } = error instanceof GatewayError ? error : { code: 'INTERNAL', message: String(error) }
      this.#send({ kind: 'failure', id, code, message })
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    return waiting
  }

  #fail(id: number, error: GatewayError): void {
    this.#settle(id)?.reject(error)
  }
}
