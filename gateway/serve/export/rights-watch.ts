/** How often the right to an export is asked for again while it runs. */
const EVERY_MS = 250

/** Asks again and again whether what began may go on; `signal` aborts with the reason when it may not. */
export class RightsWatch implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #check: (() => Promise<void>) | undefined
  #checking = false

  constructor(everyMs: number = EVERY_MS) {
    this.#timer = setInterval(() => void this.#look(), everyMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From now on this is asked; it throws when the right is gone. */
  watch(check: () => Promise<void>): void {
    this.#check = check
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#check === undefined || this.#checking || this.signal.aborted) return
    this.#checking = true
    try {
      await this.#check()
    } catch (error) {
      this.#controller.abort(error)
    } finally {
      this.#checking = false
    }
  }
}
