import { textBytes, type ExecutionOutcome } from '../../execute/index.ts'
import type { KeptAnswer } from './response-cache.ts'

/** A kept answer as the outcome of an operation that called nobody. */
export class KeptOutcome implements ExecutionOutcome {
  readonly errors: ExecutionOutcome['errors'] = []
  readonly calls: ExecutionOutcome['calls'] = []
  readonly text: string
  #data: ExecutionOutcome['data'] | undefined

  constructor({ text }: KeptAnswer) {
    this.text = text
  }

  get bytes(): Buffer {
    return textBytes(this.text)
  }

  /** Parsed only for whoever looks into it: the text is what is sent. */
  get data(): ExecutionOutcome['data'] {
    this.#data ??= (JSON.parse(this.text) as { readonly data: ExecutionOutcome['data'] }).data
    return this.#data
  }
}
