import { untilAborted } from './until-aborted.ts'

interface Shared<T> {
  readonly answer: Promise<T>
  /** Aborts the request itself. */
  readonly cancel: AbortController
  waiting: number
}

export interface Joining<T> {
  /** Of who joins: when it aborts, this one waits no longer. */
  readonly signal: AbortSignal
  readonly begin: (signal: AbortSignal) => Promise<T>
  /** What who joins gets when its signal aborts. */
  readonly gone: () => Error
}

/** Requests that several wait for. Each waits as long as it may; a request is cancelled when nobody waits for it any more. */
export class SharedRequests<T> {
  readonly #underWay = new Map<string, Shared<T>>()

  /** Joins the request that is under way by this key, or begins it. */
  async join(key: string, { signal, begin, gone }: Joining<T>): Promise<T> {
    const shared = this.#underWay.get(key) ?? this.#begin(key, begin)
    shared.waiting++
    try {
      return await untilAborted(shared.answer, signal, gone)
    } finally {
      if (--shared.waiting === 0) this.#end(key, shared, signal.reason)
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const cancel = new AbortController()
    const shared: Shared<T> = { answer: begin(cancel.signal), cancel, waiting: 0 }
    // Whoever comes when it has ended asks anew, also while those who waited take their answers.
    const forget = (): void => this.#forget(key, shared)
    shared.answer.then(forget, forget)
    this.#underWay.set(key, shared)
    return shared
  }

  #end(key: string, shared: Shared<T>, reason: unknown): void {
    this.#forget(key, shared)
    shared.cancel.abort(reason)
  }

  #forget(key: string, shared: Shared<T>): void {
    if (this.#underWay.get(key) === shared) this.#underWay.delete(key)
  }
}
