import { GatewayError } from '@polyseme/kit/errors'
import { CALL_IDENTITY_HEADER, type Mask, type Principal, type RowRestrictions } from '@polyseme/kit/identity'
import type { LookupFunction } from 'node:net'
import { Pool } from 'undici'
import { decodeBody } from './decode-body.ts'
import { collectResponse, type CollectedResponse } from './http-response-collector.ts'
import type { LargeAnswer, LargeWanted } from './large/large-answer.ts'
import { readLargeAnswer } from './large/large-json-answer.ts'
import { LongBody } from './large/long-body.ts'
import { guardedLookup } from './guarded-lookup.ts'
import { postHttp1 } from './http1-post.ts'
import { Http1Pool } from './http1-pool.ts'
import { RepeatedKeys } from './repeated-keys.ts'
import { SharedRequests } from './shared-requests.ts'
import { SubgraphGuard, type SubgraphGuardOptions } from './subgraph-guard.ts'
import type { CircuitState } from './circuit-breaker.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphError, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'
import { WatchedClient, type SubgraphClient, type WatchedClientOptions } from './watched-client.ts'

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

interface Connections {
  readonly maxConnections: number
  readonly lookup: LookupFunction
}

const ACCEPT = 'application/graphql-response+json, application/json'
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
  readonly #path: string
  readonly #client: SubgraphClient
  readonly #identityFor: IdentityFor
  readonly #timeoutMs: number
  readonly #maxRequestBytes: number
  readonly #maxResponseBytes: number
  readonly #guard: SubgraphGuard
  readonly #repeatedKeys = new RepeatedKeys()
  readonly #shared: SharedRequests<CollectedResponse> | undefined
  readonly #prefixes = new WeakMap<SubgraphOperation, string>()
  readonly #identities = new WeakMap<Principal, SignedIdentity>()

  constructor(options: HttpTransportOptions) {
    const url = new URL(options.url)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`unsupported protocol of subgraph "${options.subgraph}"`)
    this.#subgraph = options.subgraph
    this.#path = url.pathname + url.search
    this.#identityFor = options.identityFor
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#maxRequestBytes = options.maxRequestBytes ?? 16 * 1024 * 1024
    this.#maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024
    this.#guard = new SubgraphGuard(options.subgraph, options.guard)
    this.#shared = options.coalesce === true ? new SharedRequests() : undefined
    const maxConnections = options.maxConnections ?? 256
    const connections = { maxConnections, lookup: options.lookup ?? guardedLookup }
    this.#client = new WatchedClient({
      create: () => url.protocol === 'http:' ? this.#plainClient(url, connections) : this.#tlsClient(url, connections),
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
    if (call.signal.aborted) throw this.#timeout()
    const body = this.#bodyOf(request)
    const { kind } = request.operation
    const response = this.#shared === undefined || kind === 'mutation'
      ? await this.#guard.run(kind, call.signal, () => this.#client.post(identity, body, call.signal))
      : await this.#postShared(this.#shared, identity, body, call.signal)
    return this.#parse(response)
  }

  /** An answer that is shared with others is whole. */
  async sendLarge(request: SubgraphRequest, call: SubgraphCallContext, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer> {
    if (this.#shared !== undefined) return await this.send(request, call)
    const identity = await this.#identityOf(call)
    if (call.signal.aborted) throw this.#timeout()
    const body = this.#bodyOf(request)
    // A request counts as delivered when the first part of a long answer has come: it is never sent again then.
    const answer = await this.#guard.run(request.operation.kind, call.signal, () => new Promise<CollectedResponse | LongBody>((resolve, reject) => {
      this.#client.post(identity, body, call.signal, { afterBytes: wanted.afterBytes, maxBytes: wanted.maxBytes, begin: resolve }).then(resolve, reject)
    }))
    if (!(answer instanceof LongBody)) return this.#parse(answer)
    return await readLargeAnswer(answer, wanted, { maxBytes: this.#maxResponseBytes, parse: (text) => this.#parseText(text, 200), invalid: (reason, cause) => this.#invalid(reason, cause) })
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** State of the circuit breaker. */
  get circuit(): CircuitState {
    return this.#guard.state
  }

  /** A call on a connection of our own costs half of one through undici. */
  #plainClient(url: URL, { maxConnections, lookup }: Connections): SubgraphClient {
    const pool = new Http1Pool({ host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port === '' ? 80 : url.port), maxConnections, maxBytes: this.#maxResponseBytes, lookup })
    const head = `POST ${this.#path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\naccept: ${ACCEPT}\r\n${CALL_IDENTITY_HEADER}: `
    return {
      post: (identity, body, signal, long) => {
        if (!HEADER_VALUE.test(identity)) throw new TypeError('a signed identity that is no header value')
        const length = Buffer.byteLength(body)
        const text = `${head}${identity}\r\ncontent-length: ${length}\r\n\r\n${body}`
        return postHttp1({ pool, subgraph: this.#subgraph, text, ascii: length === body.length, timeoutMs: this.#timeoutMs, signal, ...(long === undefined ? {} : { long }) })
      },
      close: async () => pool.close(),
    }
  }

  #tlsClient(url: URL, { maxConnections, lookup }: Connections): SubgraphClient {
    const pool = new Pool(url.origin, {
      connections: maxConnections,
      // The deadline covers connecting, waiting and reading in one; undici's own timers would only repeat it.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: Math.min(this.#timeoutMs, 10_000), lookup },
      keepAliveTimeout: 4_000,
      allowH2: false,
    })
    return {
      post: (identity, body, signal, long) => collectResponse({
        dispatcher: pool,
        subgraph: this.#subgraph,
        path: this.#path,
        headers: ['content-type', 'application/json', 'accept', ACCEPT, CALL_IDENTITY_HEADER, identity],
        body,
        maxBytes: this.#maxResponseBytes,
        timeoutMs: this.#timeoutMs,
        signal,
        ...(long === undefined ? {} : { long }),
      }),
      close: async () => await pool.destroy(null),
    }
  }

  /** The bytes are shared and parsed by each, since an execution marks what it parsed. */
  async #postShared(shared: SharedRequests<CollectedResponse>, identity: string, body: string, signal: AbortSignal): Promise<CollectedResponse> {
    const begin = async (cancelled: AbortSignal): Promise<CollectedResponse> => await this.#guard.run('query', cancelled, () => this.#client.post(identity, body, cancelled))
    return await shared.join(`${identity}\n${body}`, { signal, begin, gone: () => this.#timeout() })
  }

  /** Signing caches, but finding out that nothing changed costs more than all else in a call. */
  async #identityOf({ principal, masks, rowRestrictions }: SubgraphCallContext): Promise<string> {
    const known = this.#identities.get(principal)
    const now = performance.now()
    if (known !== undefined && known.masks === masks && known.rowRestrictions === rowRestrictions && known.until > now) return known.value
    const value = await this.#identityFor(this.#subgraph, principal, masks, rowRestrictions)
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

  async #parse(response: CollectedResponse): Promise<SubgraphAnswer> {
    let body: Buffer | string | undefined
    try {
      body = response.coding === '' || typeof response.body === 'string' ? response.body : await decodeBody(response.body, response.coding, this.#maxResponseBytes)
    } catch (cause) {
      throw this.#invalid('its body cannot be decompressed within the size limit', cause)
    }
    if (body === undefined) throw this.#invalid('its content coding is not supported')
    return this.#parseText(typeof body === 'string' ? body : body.toString('utf8'), response.status)
  }

  #parseText(text: string, status: number): SubgraphAnswer {
    let json: unknown
    try {
      json = JSON.parse(text) as unknown
    } catch (cause) {
      throw this.#statusError(status) ?? this.#invalid('it is not JSON', cause)
    }
    if (typeof json !== 'object' || json === null) throw this.#statusError(status) ?? this.#invalid('it is not a GraphQL response')
    const data: unknown = Object.hasOwn(json, 'data') ? (json as { data: unknown }).data : undefined
    const errors: unknown = Object.hasOwn(json, 'errors') ? (json as { errors: unknown }).errors : undefined
    if (data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))) throw this.#invalid('its data is not an object')
    if (errors !== undefined && errors !== null && !Array.isArray(errors)) throw this.#invalid('its errors are not a list')
    const list = (errors ?? []) as readonly unknown[]
    if (data === undefined && list.length === 0) throw this.#statusError(status) ?? this.#invalid('it has neither data nor errors')
    // A refused request (401, 400) explains itself in GraphQL errors without data; any other status outweighs the body.
    if (status >= 500 && data === undefined) throw this.#statusError(status) ?? this.#invalid('it failed')
    if (this.#repeatedKeys.isIn(text, json)) throw this.#invalid('it says the same thing twice')
    return { data: data as SubgraphAnswer['data'], errors: list.filter((error): error is SubgraphError => typeof error === 'object' && error !== null) }
  }

  #statusError(status: number): GatewayError | undefined {
    if (status >= 500 || status === 429) {
      return new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${this.#subgraph}" is not available`, { cause: new Error(`HTTP ${status}`) })
    }
    return status >= 200 && status < 300 ? undefined : this.#invalid(`it came with HTTP status ${status}`)
  }

  #timeout(): GatewayError {
    return new GatewayError('SUBGRAPH_TIMEOUT', `the domain "${this.#subgraph}" did not answer in time`)
  }

  #invalid(reason: string, cause?: unknown): GatewayError {
    return new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the answer of the domain "${this.#subgraph}" cannot be used: ${reason}`, { cause })
  }
}
