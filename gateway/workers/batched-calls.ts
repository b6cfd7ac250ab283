import type { Channel } from './channel.ts'

interface Waiting<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Calls of one method of the other process, which answers a list with a list: what comes in one turn of the event loop goes in one message. */
export class BatchedCalls<Input, Output> {
  readonly #channel: Channel
  readonly #method: string
  readonly #timeoutMs: number
  #waiting: Waiting<Input, Output>[] = []
  readonly #underWay = new Set<Promise<void>>()

  constructor(channel: Channel, method: string, timeoutMs: number) {
    this.#channel = channel
    this.#method = method
    this.#timeoutMs = timeoutMs
  }

  /** The answer to this one; undefined when the other side's list has none. @throws as `Channel.call` */
  call(input: Input): Promise<Output | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ input, resolve, reject }) === 1) setImmediate(() => this.#begin())
    })
  }

  /** Resolves when every call so far is answered or has failed. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#underWay.size > 0) {
      await Promise.all(this.#underWay)
      await new Promise(setImmediate)
    }
  }

  #begin(): void {
    const sent = this.#send().finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  async #send(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    try {
      const outputs = await this.#channel.call(this.#method, batch.map(({ input }) => input), this.#timeoutMs) as readonly Output[]
      batch.forEach(({ resolve }, index) => resolve(outputs[index]))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
