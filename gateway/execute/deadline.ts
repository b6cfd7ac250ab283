/** Why a deadline's signal aborted: time was up. Any other reason is the client's. */
export const TIME_IS_UP = Symbol('time is up')

/** Aborts its signal when time is up or the parent aborts, whichever is first; `end` frees both. */
export class Deadline {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout
  readonly #parent: AbortSignal | undefined
  readonly #abort = (): void => this.#controller.abort()

  constructor(timeoutMs: number, parent: AbortSignal | undefined) {
    this.#parent = parent
    this.#timer = setTimeout(() => this.#controller.abort(TIME_IS_UP), timeoutMs)
    if (parent?.aborted === true) this.#abort()
    else parent?.addEventListener('abort', this.#abort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From now on there is this much time. */
  restart(timeoutMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(TIME_IS_UP), timeoutMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#parent?.removeEventListener('abort', this.#abort)
  }
}
