import { GatewayError } from '@polyseme/kit/errors'
import type { Principal, TokenVerifier } from '@polyseme/kit/identity'
import { PROCESS_GATE, type ExecutionOutcome, type LargeAnswers } from '../execute/index.ts'
import { OperationErrors, type OperationLimits } from '../operation/index.ts'
import type { AccessRecorder } from '../usage/index.ts'
import { answerOperation, readOperation, type AnswerOptions } from './answer-operation.ts'
import { canBeCut } from './answer-writer.ts'
import { ApolloPipeline } from './apollo-pipeline.ts'
import { authenticate } from './authenticate.ts'
import { takesCanary } from './canary.ts'
import type { CostControl } from './cost-control.ts'
import { costHeaders, wantsCost } from './cost-headers.ts'
import { sendAnswer, type Exchange } from './exchange.ts'
import { readGraphqlRequest, type GraphqlRequest } from './graphql-request.ts'
import type { Route } from './http-listener.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { PersistedOperations } from './persisted-operations.ts'
import { cacheHeaders, readCacheControl, type CacheUse, type ResponseCache } from './response-cache/index.ts'
import { sendStream } from './send-stream.ts'
import type { ServingGraphHolder } from './serving-graph.ts'

export interface GraphqlRouteOptions {
  readonly graphs: ServingGraphHolder
  readonly tokens: TokenVerifier
  readonly limits: OperationLimits
  readonly metrics: Metrics
  readonly log: Log
  /** What operations may cost; default `DEFAULT_COST_BUDGET` for each. */
  readonly costs?: CostControl
  /** Keeps answers; absent: every operation is executed. */
  readonly responseCache?: ResponseCache
  /** To a caller, what is forbidden does not exist: no partial answers, the error of an unknown name instead. Default false. */
  readonly concealForbidden?: boolean
  /** What becomes of an operation of which something is denied; see `AnswerOptions`. */
  readonly unauthorized?: AnswerOptions['unauthorized']
  /** Documents that are named instead of sent, and the safe list; default: Apollo's protocol, and every document may run. */
  readonly persisted?: PersistedOperations
  /** Lets large answers be sent while they are made; absent: every answer is made whole. */
  readonly large?: LargeAnswers
  /** Audit log and counts; absent: nothing is remembered. */
  readonly recorder?: AccessRecorder
  /** Longest request body; default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Time for one whole answer; default 30,000. */
  readonly deadlineMs?: number
}

/** `/graphql`, and how to take it down. */
export interface GraphqlRoute extends Route {
  readonly close: () => Promise<void>
}

/** Of every answer: the graph that it was made with, as `/health/ready` and `polyseme history` name it. */
const SUPERGRAPH_HEADER = 'x-polyseme-supergraph'

/** GraphQL over HTTP (GET and POST): the five calls of the design, in order. */
export async function createGraphqlRoute(options: GraphqlRouteOptions): Promise<GraphqlRoute> {
  const { graphs, limits, metrics, log, responseCache, persisted = new PersistedOperations({ metrics, log }), maxBodyBytes = 1_048_576, deadlineMs = 30_000 } = options
  const recording = options.recorder === undefined ? {} : { recorder: options.recorder }
  const costs = options.costs === undefined ? {} : { costs: options.costs }
  const unauthorized = options.unauthorized === undefined ? {} : { unauthorized: options.unauthorized }
  const large = options.large === undefined ? {} : { large: options.large }
  const pipeline = await ApolloPipeline.start(log)

  async function handle(exchange: Exchange): Promise<void> {
    exchange.headers[SUPERGRAPH_HEADER] = graphs.current.supergraph.id
    const principal = await authenticate(exchange, options.tokens)
    const asked = await readGraphqlRequest(exchange, maxBodyBytes)
    const request = persisted.resolve(asked, { principal, requestId: exchange.requestId })
    // An answer that takes as long as its client likes is not one of those that others wait for.
    const rest = await PROCESS_GATE.run(async () => await answer(exchange, principal, request))
    await rest?.()
    persisted.remember(asked)
  }

  /** What is left to be done when the answer is sent while it is made. */
  async function answer(exchange: Exchange, principal: Principal, request: GraphqlRequest): Promise<(() => Promise<void>) | undefined> {
    const headers: Record<string, string> = {}
    const { answered, release } = await graphs.use(async (graph) => {
      exchange.headers[SUPERGRAPH_HEADER] = graph.supergraph.id
      if (graph.isEmpty === true) throw new GatewayError('GRAPH_EMPTY', 'nothing has been published yet: publish a domain with `polyseme publish`')
      const operation = readOperation(request, { graph, limits, ...(options.concealForbidden === true ? { concealFrom: principal } : {}) })
      const answered = await pipeline.run(request, operation, exchange, async () => {
        const outcome = await answerOperation(operation, { principal, requestId: exchange.requestId, signal: exchange.signal }, { graph, deadlineMs, ...(canBeCut(exchange) ? large : {}), ...recording, ...costs, ...unauthorized, ...wishes(exchange, headers) })
        countCalls(metrics, outcome)
        return outcome
      })
      return { answered, release: 'stream' in answered ? graphs.hold(graph) : undefined }
    }, (canary) => takesCanary(canary, principal, exchange.request))
    const complete = { ...answered, headers: { ...answered.headers, ...headers } }
    if (!('stream' in complete)) {
      sendAnswer(exchange, complete)
      return undefined
    }
    return async () => {
      try {
        await sendStream(exchange, complete, { log, metrics })
      } finally {
        release?.()
      }
    }
  }

  /** What the request wants to know or not to have, told in `headers`. */
  function wishes({ request }: Exchange, headers: Record<string, string>): Pick<AnswerOptions, 'caching' | 'onCost'> {
    return {
      ...(wantsCost(request) ? { onCost: (report) => Object.assign(headers, costHeaders(report)) } : {}),
      ...(responseCache === undefined ? {} : { caching: cachingOf(responseCache, request, headers) }),
    }
  }

  function cachingOf(cache: ResponseCache, request: Exchange['request'], headers: Record<string, string>): CacheUse {
    return {
      cache,
      ...readCacheControl(request.headers),
      onKept: (kept, how) => {
        metrics.count('polyseme_response_cache_total', 'Answers that were found in the response cache, and that were put there.', { outcome: how })
        metrics.gauge('polyseme_response_cache_bytes', 'Memory of the response cache.', cache.statistics.bytes)
        Object.assign(headers, cacheHeaders(kept, cache.clock()))
      },
    }
  }

  return { path: '/graphql', handle: measured(handle, metrics), close: async () => await pipeline.close() }
}

function measured(handle: Route['handle'], metrics: Metrics): Route['handle'] {
  return async (exchange) => {
    const begun = performance.now()
    let code = 'none'
    try {
      await handle(exchange)
    } catch (error) {
      code = error instanceof GatewayError || error instanceof OperationErrors ? error.code : 'INTERNAL'
      throw error
    } finally {
      metrics.count('polyseme_graphql_requests_total', 'GraphQL requests by the error that refused them.', { error: code })
      metrics.observeSeconds('polyseme_graphql_duration_seconds', 'Time to a whole GraphQL answer.', {}, (performance.now() - begun) / 1_000)
    }
  }
}

function countCalls(metrics: Metrics, { calls, errors }: ExecutionOutcome): void {
  if (errors.length > 0) metrics.count('polyseme_graphql_partial_total', 'Answers that carried errors beside data.')
  for (const { subgraph, outcome, durationMs } of calls) {
    metrics.count('polyseme_subgraph_calls_total', 'Requests to subgraphs.', { subgraph, outcome })
    metrics.observeSeconds('polyseme_subgraph_duration_seconds', 'Time to a whole answer of a subgraph.', { subgraph }, durationMs / 1_000)
  }
}
