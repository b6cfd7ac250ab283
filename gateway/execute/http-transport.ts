import { GatewayError } from '@polyseme/kit/errors'
import type { Mask, Principal, RowRestrictions } from '@polyseme/kit/identity'
import type { LookupFunction } from 'node:net'
import { AnswerParser } from './answer-parser.ts'
import type { CircuitState } from './circuit-breaker.ts'
import { guardedLookup } from './guarded-lookup.ts'
import type { CollectedResponse } from './http-response-collector.ts'
import type { LargeAnswer, LargeWanted } from './large/large-answer.ts'
import { readLargeAnswer } from './large/large-json-answer.ts'
import { LongBody } from './large/long-body.ts'
import { SharedRequests } from './shared-requests.ts'
import { createSubgraphClient, type SubgraphClient } from './subgraph-client.ts'
import { SubgraphGuard, type SubgraphGuardOptions } from './subgraph-guard.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'
import { timedOut, unusable } from './transport-errors.ts'
import { WatchedClient, type WatchedClientOptions } from './watched-client.ts'

/** Signs the caller's identity for one subgraph; called for every request, so it should cache. */
export type IdentityFor = (subgraph: string, principal: Principal, masks: Readonly<Record<string, Mask>>, rowRestrictions: RowRestrictions) => Promise<string>

export interface HttpTransportOptions {
  readonly subgraph: string
  readonly url: string
  readonly identityFor: IdentityFor
  /** Time for one whole answer; 1 to 600,000 ms, default 30,000. */
  readonly timeoutMs?: number
  /** Longest request; default 16 MiB. */
  readonly maxRequestBytes?: number
  /** Longest answer after decompression; default 64 MiB. */
  readonly maxResponseBytes?: number
  /** Connections kept to the subgraph; requests beyond wait in line. Default 256. */
  readonly maxConnections?: number
  /**
   * Queries under way on one connection once there are `maxConnections`, 1 to 64; the subgraph must answer them in order,
   * and a slow one delays those behind it. Mutations are never sent behind others. Default 1.
   */
  readonly pipelining?: number
  /** Resolves the address's name; default one that refuses link-local and metadata addresses. */
  readonly lookup?: LookupFunction
  /** Breaker, concurrency and retries; see the options' own defaults. */
  readonly guard?: SubgraphGuardOptions
  /**
   * Equal queries for equal callers that are under way at once share one request. Equal means the same signed identity:
   * same subject, same rights, same masks. Default false.
   */
  readonly coalesce?: boolean
  /** When it counts as hanging: nothing came for 3 s although something was asked, and then no answer to a trivial question for 3 s. */
  readonly watch?: Pick<WatchedClientOptions, 'tickMs' | 'silentTicks' | 'probeTicks'>
  /** Told when the subgraph hangs, and when it answers again. */
  readonly onHung?: (isHung: boolean) => void
}

const HEADER_VALUE = /^[\x21-\x7E]*$/

interface SignedIdentity {
  readonly masks: Readonly<Record<string, Mask>>
  readonly rowRestrictions: RowRestrictions
  readonly value: string
  readonly until: number
}

/** Far below the half life of a signed identity, so that what is sent is always good for a while. */
const IDENTITY_REUSE_MS = 1_000

/**
 * One subgraph over HTTP, on a pool of kept-alive connections.
 *
 * Sends nothing of the client's request but the signed identity, follows no redirect, and gives up on the whole answer
 * at the deadline, however slowly it drips.
 */
export class HttpTransport implements SubgraphTransport {
  readonly #subgraph: string
  readonly #client: SubgraphClient
  readonly #identityFor: IdentityFor
  readonly #maxRequestBytes: number
  readonly #maxResponseBytes: number
  readonly #guard: SubgraphGuard
  readonly #answers: AnswerParser
  readonly #shared: SharedRequests<CollectedResponse> | undefined
  readonly #prefixes = new WeakMap<SubgraphOperation, string>()
  readonly #identities = new WeakMap<Principal, SignedIdentity>()

  constructor(options: HttpTransportOptions) {
    const { subgraph, timeoutMs = 30_000, maxConnections = 256, pipelining = 1, lookup = guardedLookup } = options
    this.#subgraph = subgraph
    this.#identityFor = options.identityFor
    this.#maxRequestBytes = options.maxRequestBytes ?? 16 * 1024 * 1024
    this.#maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024
    this.#guard = new SubgraphGuard(subgraph, options.guard)
    this.#answers = new AnswerParser(subgraph, this.#maxResponseBytes)
    this.#shared = options.coalesce === true ? new SharedRequests() : undefined
    const client = { subgraph, url: new URL(options.url), timeoutMs, maxResponseBytes: this.#maxResponseBytes, maxConnections, pipelining, lookup }
    this.#client = new WatchedClient({
      create: () => createSubgraphClient(client),
      activity: () => this.#guard.activity,
      onHung: () => {
        this.#guard.hold()
        options.onHung?.(true)
      },
      onAlive: () => {
        this.#guard.release()
        options.onHung?.(false)
      },
      ...options.watch,
    })
  }

  async send(request: SubgraphRequest, call: SubgraphCallContext): Promise<SubgraphAnswer> {
    const identity = await this.#identityOf(call)
    if (call.signal.aborted) throw timedOut(this.#subgraph)
    const body = this.#bodyOf(request)
    const { kind } = request.operation
    const response = this.#shared === undefined || kind === 'mutation'
      ? await this.#guard.run(kind, call.signal, () => this.#client.post({ identity, body, repeatable: kind === 'query', signal: call.signal }))
      : await this.#postShared(this.#shared, identity, body, call.signal)
    return await this.#answers.parse(response)
  }

  /** An answer that is shared with others is whole. */
  async sendLarge(request: SubgraphRequest, call: SubgraphCallContext, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer> {
    if (this.#shared !== undefined) return await this.send(request, call)
    const identity = await this.#identityOf(call)
    if (call.signal.aborted) throw timedOut(this.#subgraph)
    const body = this.#bodyOf(request)
    // A request counts as delivered when the first part of a long answer has come: it is never sent again then.
    const answer = await this.#guard.run(request.operation.kind, call.signal, () => new Promise<CollectedResponse | LongBody>((resolve, reject) => {
      this.#client.post({ identity, body, repeatable: false, signal: call.signal, long: { afterBytes: wanted.afterBytes, maxBytes: wanted.maxBytes, begin: resolve } }).then(resolve, reject)
    }))
    if (!(answer instanceof LongBody)) return await this.#answers.parse(answer)
    return await readLargeAnswer(answer, wanted, { maxBytes: this.#maxResponseBytes, parse: (text) => this.#answers.parseText(text, 200), invalid: (reason, cause) => unusable(this.#subgraph, reason, cause) })
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** State of the circuit breaker. */
  get circuit(): CircuitState {
    return this.#guard.state
  }

  /** The bytes are shared and parsed by each, since an execution marks what it parsed. */
  async #postShared(shared: SharedRequests<CollectedResponse>, identity: string, body: string, signal: AbortSignal): Promise<CollectedResponse> {
    const begin = async (cancelled: AbortSignal): Promise<CollectedResponse> => await this.#guard.run('query', cancelled, () => this.#client.post({ identity, body, repeatable: true, signal: cancelled }))
    return await shared.join(`${identity}\n${body}`, { signal, begin, gone: () => timedOut(this.#subgraph) })
  }

  /** Signing caches, but finding out that nothing changed costs more than all else in a call. */
  async #identityOf({ principal, masks, rowRestrictions }: SubgraphCallContext): Promise<string> {
    const known = this.#identities.get(principal)
    const now = performance.now()
    if (known !== undefined && known.masks === masks && known.rowRestrictions === rowRestrictions && known.until > now) return known.value
    const value = await this.#identityFor(this.#subgraph, principal, masks, rowRestrictions)
    if (!HEADER_VALUE.test(value)) throw new TypeError('a signed identity that is no header value')
    this.#identities.set(principal, { masks, rowRestrictions, value, until: now + IDENTITY_REUSE_MS })
    return value
  }

  #bodyOf(request: SubgraphRequest): string {
    let prefix = this.#prefixes.get(request.operation)
    if (prefix === undefined) {
      const { name, text } = request.operation
      prefix = `{${name === undefined ? '' : `"operationName":${JSON.stringify(name)},`}"query":${JSON.stringify(text)},"variables":`
      this.#prefixes.set(request.operation, prefix)
    }
    const body = `${prefix}${request.variablesText}}`
    // A character has at most three bytes, so most requests need not be measured.
    if (body.length * 3 > this.#maxRequestBytes) this.#assertSendable(Buffer.byteLength(body))
    return body
  }

  #assertSendable(bytes: number): void {
    if (bytes <= this.#maxRequestBytes) return
    throw new GatewayError('OPERATION_LIMIT_EXCEEDED', `The operation needs a request of ${bytes} bytes to the domain "${this.#subgraph}"; at most ${this.#maxRequestBytes} are allowed. Ask for fewer items.`, { details: { what: 'bytes', limit: this.#maxRequestBytes, value: bytes } })
  }
}
