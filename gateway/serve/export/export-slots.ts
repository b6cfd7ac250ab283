import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'

/** How many exports run at once in this process. */
export class ExportSlots {
  readonly #maxAtOnce: number
  readonly #maxPerCaller: number
  readonly #byCaller = new Map<string, number>()
  #running = 0

  constructor(maxAtOnce: number, maxPerCaller: number) {
    this.#maxAtOnce = maxAtOnce
    this.#maxPerCaller = maxPerCaller
  }

  /** A place for one export, until it is disposed. @throws TOO_MANY_EXPORTS */
  take({ issuer, subject }: Principal): Disposable {
    const caller = JSON.stringify([issuer, subject])
    const own = this.#byCaller.get(caller) ?? 0
    if (own >= this.#maxPerCaller) throw new GatewayError('TOO_MANY_EXPORTS', `${own} exports of yours are under way; at most ${this.#maxPerCaller} may be at once`)
    if (this.#running >= this.#maxAtOnce) throw new GatewayError('TOO_MANY_EXPORTS', `${this.#running} exports are under way; at most ${this.#maxAtOnce} may be at once`)
    this.#running += 1
    this.#byCaller.set(caller, own + 1)
    let given = false
    return {
      [Symbol.dispose]: () => {
        if (given) return
        given = true
        this.#running -= 1
        const left = (this.#byCaller.get(caller) ?? 1) - 1
        if (left > 0) this.#byCaller.set(caller, left)
        else this.#byCaller.delete(caller)
      },
    }
  }
}
