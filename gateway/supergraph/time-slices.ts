import { setTimeout as delay } from 'node:timers/promises'

/** Long work of a thread that answers requests meanwhile: a little of it, then as much time for the others. */
export class TimeSlices {
  readonly #sliceMs: number
  #begun = performance.now()

  /** @param sliceMs a request has its turn some four times from its arrival to its answer, and may wait this long at each */
  constructor(sliceMs = 2) {
    this.#sliceMs = sliceMs
  }

  /** Whether the slice is used up: then it is time to `rest`. */
  get isOver(): boolean {
    return performance.now() - this.#begun >= this.#sliceMs
  }

  async rest(): Promise<void> {
    await delay(this.#sliceMs)
    this.#begun = performance.now()
  }
}
