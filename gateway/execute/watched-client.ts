import { GatewayError } from '@polyseme/kit/errors'
import type { CollectedResponse } from './http-response-collector.ts'
import type { SubgraphClient, SubgraphPost } from './subgraph-client.ts'

export interface WatchedClientOptions {
  readonly create: () => SubgraphClient
  /** Requests under way, and how many have been answered in all. */
  readonly activity: () => { readonly running: number; readonly answered: number }
  /** The subgraph does not answer at all: nothing is to be sent until `onAlive`. */
  readonly onHung: () => void
  readonly onAlive: () => void
  /** Default 1,000 ms. */
  readonly tickMs?: number
  /** Ticks without a word while something is under way, after which it is asked whether it lives; default 3. */
  readonly silentTicks?: number
  /** Ticks for the answer to that; default 3. */
  readonly probeTicks?: number
}

interface Probe {
  ticks: number
  readonly controller: AbortController
}

/** Any GraphQL server answers it at once, whatever else it is busy with. */
const PROBE = '{"query":"{ __typename }"}'
const MAX_REST_TICKS = 10

/**
 * Tells a subgraph that hangs (a stopped process, a connection to nobody) from one that is slow: when nothing has come for a
 * while although something is under way, it is asked something trivial on another connection. If that is not answered either,
 * what is under way fails now and not at its deadline, and nobody waits for it again until it answers such a question.
 *
 * Time is counted in turns of this process's own clock, so that a pause of the gateway is no silence of the subgraph.
 */
export class WatchedClient implements SubgraphClient {
  readonly #options: Required<WatchedClientOptions>
  #client: SubgraphClient
  #silent = 0
  #answered = 0
  #probe: Probe | undefined
  #isHung = false
  #restTicks = 1
  #rest = 0
  /** Of the last request: a question in the same caller's name. */
  #identity = ''
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: WatchedClientOptions) {
    this.#options = { tickMs: 1_000, silentTicks: 3, probeTicks: 3, ...options }
    this.#client = options.create()
  }

  post(request: SubgraphPost): Promise<CollectedResponse> {
    this.#identity = request.identity
    this.#timer ??= setInterval(() => this.#tick(), this.#options.tickMs).unref()
    return this.#client.post(request)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    this.#probe?.controller.abort()
    await this.#client.close()
  }

  #tick(): void {
    if (this.#probe !== undefined) {
      if (++this.#probe.ticks >= this.#options.probeTicks) this.#conclude(this.#probe, false)
    } else if (this.#isHung) {
      if (--this.#rest <= 0) this.#ask()
    } else this.#listen()
  }

  #listen(): void {
    const { running, answered } = this.#options.activity()
    this.#silent = running > 0 && answered === this.#answered ? this.#silent + 1 : 0
    this.#answered = answered
    if (this.#silent > this.#options.silentTicks) this.#ask()
    if (running > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #ask(): void {
    const probe: Probe = { ticks: 0, controller: new AbortController() }
    this.#probe = probe
    this.#client.post({ identity: this.#identity, body: PROBE, repeatable: false, signal: probe.controller.signal }).then(
      () => this.#conclude(probe, true),
      (error: unknown) => this.#conclude(probe, !saysNothing(error)),
    )
  }

  #conclude(probe: Probe, isAlive: boolean): void {
    if (this.#probe !== probe || this.#closed) return
    this.#probe = undefined
    this.#silent = 0
    probe.controller.abort()
    if (isAlive) {
      this.#restTicks = 1
      if (!this.#isHung) return
      this.#isHung = false
      this.#options.onAlive()
      return
    }
    this.#rest = this.#restTicks * (0.5 + Math.random())
    this.#restTicks = Math.min(MAX_REST_TICKS, this.#restTicks * 2)
    if (this.#isHung) return
    this.#isHung = true
    // First of all nobody asks again: what fails now would be tried once more.
    this.#options.onHung()
    const hung = this.#client
    this.#client = this.#options.create()
    void hung.close()
  }
}

/** No answer came; anything else, an error too, is a sign of life. */
function saysNothing(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === 'SUBGRAPH_TIMEOUT' || error.code === 'SUBGRAPH_UNAVAILABLE')
}
