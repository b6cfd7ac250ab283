import { AnswerState } from '../answer-state.ts'
import type { ResponseError } from '../outcome.ts'

/** The state of an answer that is completed before it is known whether the subgraph reports errors. */
export class StreamState extends AnswerState {
  readonly #ofNulls = new Set<ResponseError>()
  #isNull = false

  override missing(site: number): void {
    this.#isNull = true
    super.missing(site)
    this.#isNull = false
  }

  override add(error: ResponseError): void {
    if (this.#isNull) this.#ofNulls.add(error)
    super.add(error)
  }

  /** A null that the subgraph has reported itself needs no further error. */
  override errors(): readonly ResponseError[] {
    const errors = super.errors()
    return this.troubled.size === 0 ? errors : errors.filter((error) => !this.#ofNulls.has(error))
  }
}
