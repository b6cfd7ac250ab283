import { ApolloServer, HeaderMap } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled, ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DataProduct } from '../contract/index.ts'
import { ERROR_CODES, GatewayError } from '../errors/index.ts'
import { CALL_IDENTITY_HEADER, createCallVerifier, type CallVerifier, type CallVerifierOptions } from '../identity/index.ts'
import { buildDomainSubgraph, CursorCodec, type BoundExtensions, type DomainContext, type DomainSubgraph } from '../product/index.ts'
import { openSource, type Source, type SourceEngine } from '../source/index.ts'
import { answerRequest } from './answer-request.ts'
import { DocumentCache } from './document-cache.ts'
import { startDomainPromises, type DomainPromises } from './domain-promises.ts'
import { DEFAULT_MAX_OPERATIONS, OperationLimit } from './operation-limit.ts'
import { readJsonBody } from './request-body.ts'
import { toSafeError } from './safe-error.ts'
import { SubgraphMetrics } from './subgraph-metrics.ts'

/** Something that the operator of a subgraph should know; holds no value of a row or of a request. */
export interface SubgraphNotice {
  readonly kind: 'request-failed' | 'keys' | 'promises'
  readonly message: string
}

export interface SubgraphOptions {
  readonly products: readonly DataProduct[]
  /** Fields of the domain's own, with their code; see `loadExtensionCode`. */
  readonly extensions?: BoundExtensions
  /** Name under which the gateway knows the subgraph. Default: the products' domain. */
  readonly domain?: string
  /** Where the data are; closed with the subgraph. Default: what the contracts' servers name. */
  readonly source?: Source
  /** Engines that the contracts' servers are looked up among. Default: `SOURCE_ENGINES` of the kit. */
  readonly engines?: readonly SourceEngine[]
  /** Environment whose servers are taken where a contract names several. */
  readonly environment?: string
  /** Default `.polyseme`. */
  readonly dataDir?: string
  /** The gateway's public keys: a JWKS, its file, or its address. */
  readonly trust: CallVerifierOptions['jwks']
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** At least 32 bytes, the same for all processes of the domain; default: random, so cursors die with the process. */
  readonly cursorSecret?: Uint8Array
  /** Default 16 MiB: an entity batch can be large. */
  readonly maxBodyBytes?: number
  /** Operations that are under way at a time, those included that wait for the data; further ones are answered OVERLOADED. Default 1,024. */
  readonly maxOperations?: number
  /** How long one request may take. Default 30,000. */
  readonly timeoutMs?: number
  /** How long `close` waits for requests that are being answered. Default 10,000. */
  readonly drainMs?: number
  /** Measures what the contracts promise, on their schedules, and keeps the results in the data directory. Default false. */
  readonly measurePromises?: boolean
  readonly report?: (notice: SubgraphNotice) => void
  /** Closes the subgraph. */
  readonly signal?: AbortSignal
}

export interface RunningSubgraph {
  readonly domain: string
  /** `http://127.0.0.1:41234/graphql`. */
  readonly url: string
  readonly port: number
  readonly sdl: string
  /** Answers what is being asked, then ends; further calls wait for the same end. */
  readonly close: () => Promise<void>
}

const READY_TIMEOUT_MS = 2_000

/**
 * Serves a domain's data products as a GraphQL subgraph that answers only calls which the gateway signed.
 *
 * @throws CONTRACT_INVALID, CONFIG_INVALID, PORT_IN_USE
 */
export async function startSubgraph(options: SubgraphOptions): Promise<RunningSubgraph> {
  const operations = new OperationLimit(options.maxOperations ?? DEFAULT_MAX_OPERATIONS)
  const subgraph = buildDomainSubgraph(options.products, options.extensions)
  const domain = options.domain ?? subgraph.model.domain
  const metrics = new SubgraphMetrics(domain)
  const source = options.source ?? (await openSource({
    products: options.products,
    dataDir: options.dataDir ?? '.polyseme',
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.engines === undefined ? {} : { engines: options.engines }),
    onStatement: (report) => metrics.statementEnded(report),
  }))
  const verifier = createCallVerifier({ jwks: options.trust, subgraph: domain, report: (notice) => options.report?.({ kind: 'keys', message: notice.kind }) })
  const apollo = createApolloServer(subgraph)
  apollo.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests()
  const promises = options.measurePromises === true ? startPromises(options, domain, source) : undefined
  const service = new SubgraphService({ options, operations, subgraph, source, verifier, apollo, metrics, promises })
  const server = createServer((request, response) => void service.handle(request, response))
  try {
    const port = await listen(server, options)
    const close = closeOnce(async () => {
      service.endConnections()
      await drain(server, options.drainMs ?? 10_000)
      verifier.close()
      await apollo.stop()
      await promises?.close()
      await source.close()
    })
    options.signal?.addEventListener('abort', () => void close(), { once: true })
    if (options.signal?.aborted === true) await close()
    return { domain, url: `http://${options.host ?? '127.0.0.1'}:${port}/graphql`, port, sdl: subgraph.sdl, close }
  } catch (error) {
    verifier.close()
    await promises?.close()
    await source.close()
    throw error
  }
}

function startPromises(options: SubgraphOptions, domain: string, source: Source): DomainPromises {
  const report = (message: string): void => options.report?.({ kind: 'promises', message })
  return startDomainPromises({ domain, products: options.products, source, dataDir: options.dataDir ?? '.polyseme', report })
}

function createApolloServer(subgraph: DomainSubgraph): ApolloServer<DomainContext> {
  return new ApolloServer<DomainContext>({
    schema: subgraph.schema,
    introspection: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: false,
    stopOnTerminationSignals: false,
    formatError: toSafeError,
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginCacheControlDisabled(), ApolloServerPluginInlineTraceDisabled()],
  })
}

interface ServiceParts {
  readonly options: SubgraphOptions
  readonly operations: OperationLimit
  readonly subgraph: DomainSubgraph
  readonly source: Source
  readonly verifier: CallVerifier
  readonly apollo: ApolloServer<DomainContext>
  readonly metrics: SubgraphMetrics
  readonly promises: DomainPromises | undefined
}

/** Answers the subgraph's HTTP requests. */
class SubgraphService {
  readonly #parts: ServiceParts
  readonly #cursors: CursorCodec
  readonly #documents: DocumentCache
  readonly #answering = new Set<ServerResponse>()

  constructor(parts: ServiceParts) {
    this.#parts = parts
    this.#documents = new DocumentCache(parts.subgraph.schema)
    this.#cursors = new CursorCodec(parts.options.cursorSecret ?? randomBytes(32))
  }

  /** Connections end with the answer that they are waiting for. */
  endConnections(): void {
    for (const response of this.#answering) response.shouldKeepAlive = false
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answering.add(response)
    response.once('close', () => this.#answering.delete(response))
    const path = new URL(request.url ?? '/', 'http://subgraph').pathname
    const isPost = request.method === 'POST'
    if (path === '/graphql' && isPost) return await this.#answerGraphql(request, response)
    if (path === '/graphql') return sendError(response, new GatewayError('METHOD_NOT_ALLOWED', 'GraphQL requests are POST'))
    if (path === '/promises' && isPost && this.#parts.promises !== undefined) return await this.#measurePromises(this.#parts.promises, request, response)
    if (path === '/health/live') return send(response, 200, 'application/json', '{"status":"ok"}')
    if (path === '/health/ready') return await this.#answerReady(response)
    if (path === '/metrics') return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', this.#parts.metrics.text())
    sendError(response, new GatewayError('NOT_FOUND', 'there is nothing at this address'))
  }

  async #answerGraphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, options } = this.#parts
    const startedMs = performance.now()
    metrics.requestStarted()
    const gone = new AbortController()
    response.on('close', () => {
      if (!response.writableEnded) gone.abort()
      metrics.requestEnded(response.statusCode, (performance.now() - startedMs) / 1_000)
    })
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(options.timeoutMs ?? 30_000), gone.signal])
      const call = await this.#parts.verifier.verify(request.headers[CALL_IDENTITY_HEADER])
      // Before the body: what waits must not fill the memory either.
      using _place = this.#parts.operations.enter()
      const body = await readJsonBody(request, options.maxBodyBytes ?? 16 * 1024 * 1024)
      const { subgraph, source, apollo } = this.#parts
      const run = { model: subgraph.model, source, cursors: this.#cursors, call, signal }
      const direct = await answerRequest({ subgraph, documents: this.#documents }, run, body)
      if (direct !== undefined) return send(response, 200, 'application/json; charset=utf-8', direct)
      const answer = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers: new HeaderMap([['content-type', 'application/json']]), search: '', body },
        context: () => Promise.resolve({ run, promises: this.#parts.promises?.reader }),
      })
      if (answer.body.kind !== 'complete') throw new TypeError('a subgraph answers in one piece')
      send(response, answer.status ?? 200, answer.headers.get('content-type') ?? 'application/json', answer.body.string)
    } catch (error) {
      this.#fail(response, error)
    }
  }

  async #measurePromises(promises: DomainPromises, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const call = await this.#parts.verifier.verify(request.headers[CALL_IDENTITY_HEADER])
      send(response, 200, 'application/json', JSON.stringify(await promises.measure(call)))
    } catch (error) {
      this.#fail(response, error)
    }
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return
    if (error instanceof GatewayError) return sendError(response, error)
    this.#parts.options.report?.({ kind: 'request-failed', message: error instanceof Error ? error.name : 'unknown' })
    sendError(response, new GatewayError('INTERNAL', 'unexpected', { cause: error }))
  }

  async #answerReady(response: ServerResponse): Promise<void> {
    try {
      await withTimeout(this.#parts.source.ping(), READY_TIMEOUT_MS)
      send(response, 200, 'application/json', '{"status":"ready"}')
    } catch {
      send(response, 503, 'application/json', '{"status":"not ready","why":"the data source does not answer"}')
    }
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const bytes = Buffer.from(body, 'utf8')
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.byteLength, 'cache-control': 'no-store' }).end(bytes)
}

function sendError(response: ServerResponse, error: GatewayError): void {
  const body = JSON.stringify({ errors: [{ message: error.clientMessage, extensions: { ...error.details, code: error.code } }] })
  // What is left of a body that was refused is not read, so the connection cannot serve another request.
  if (ERROR_CODES[error.code].status === 413 || error.code === 'UNAUTHENTICATED' || error.code === 'OVERLOADED') response.setHeader('connection', 'close')
  if (error.code === 'OVERLOADED') response.setHeader('retry-after', '1')
  send(response, error.status, 'application/json', body)
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const expired = new Promise<never>((_resolve, reject) => timeout.addEventListener('abort', () => reject(new Error('timeout')), { once: true }))
  return Promise.race([work, expired])
}

async function listen(server: Server, options: SubgraphOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE'
      reject(inUse ? new GatewayError('PORT_IN_USE', `port ${options.port} is in use`) : new GatewayError('CONFIG_INVALID', `cannot listen on ${options.host}:${options.port}: ${error.code}`))
    })
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

function closeOnce(work: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => (closing ??= work())
}

async function drain(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearTimeout(timer)
}
