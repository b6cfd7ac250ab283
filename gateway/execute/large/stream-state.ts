import type { CompiledPlan } from '../../plan/index.ts'
import { AnswerState } from '../answer-state.ts'
import type { ResponseError } from '../outcome.ts'

/**
 * The state of an answer that is completed before it is known whether the subgraph reports errors: whether a null that
 * may not be is an error of its own shows only then.
 */
export class StreamState extends AnswerState {
  /** Of nulls where none may be. */
  readonly nulls: ResponseError[] = []
  /** Of objects whose type nobody tells. */
  readonly untyped: ResponseError[] = []
  readonly #plan: CompiledPlan
  readonly #maxDeferred: number
  readonly #order = new Map<ResponseError, number>()
  #deferred: ResponseError[] | undefined

  constructor(plan: CompiledPlan, options: ConstructorParameters<typeof AnswerState>[1]) {
    super(plan, options)
    this.#plan = plan
    this.#maxDeferred = options.maxErrors
  }

  override add(error: ResponseError): void {
    if (this.#order.size < 2 * this.#maxDeferred) this.#order.set(error, this.#order.size)
    if (this.#deferred === undefined) super.add(error)
    else if (this.#deferred.length < this.#maxDeferred) this.#deferred.push(error)
  }

  /** All errors in the order in which they were met, where the subgraph itself has reported none. */
  inOrder(): readonly ResponseError[] {
    const place = (error: ResponseError): number => this.#order.get(error) ?? Infinity
    return [...this.errors(), ...this.untyped, ...this.nulls].sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)))
  }

  override missing(site: number): void {
    this.#deferred = this.nulls
    super.missing(site)
    this.#deferred = undefined
  }

  override wrongType(site: number, type: unknown): null {
    if (typeof type !== 'string' || this.#plan.program.types.isAbstract(type)) this.#deferred = this.untyped
    super.wrongType(site, type)
    this.#deferred = undefined
    return null
  }
}
