import { GatewayError } from '@polyseme/kit/errors'
import { readBearerToken, type Principal, type TokenVerifier } from '@polyseme/kit/identity'
import type { ExecutionOutcome } from '../execute/index.ts'
import { OperationErrors, type OperationLimits } from '../operation/index.ts'
import { answerOperation, readOperation } from './answer-operation.ts'
import { ApolloPipeline } from './apollo-pipeline.ts'
import { sendAnswer, type Exchange } from './exchange.ts'
import { readGraphqlRequest } from './graphql-request.ts'
import type { Route } from './http-listener.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { ServingGraphHolder } from './serving-graph.ts'

export interface GraphqlRouteOptions {
  readonly graphs: ServingGraphHolder
  readonly tokens: TokenVerifier
  readonly limits: OperationLimits
  readonly metrics: Metrics
  readonly log: Log
  /** Longest request body; default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Time for one whole answer; default 30,000. */
  readonly deadlineMs?: number
}

/** `/graphql`, and how to take it down. */
export interface GraphqlRoute extends Route {
  readonly close: () => Promise<void>
}

/** GraphQL over HTTP (GET and POST): the five calls of the design, in order. */
export async function createGraphqlRoute(options: GraphqlRouteOptions): Promise<GraphqlRoute> {
  const { graphs, limits, metrics, maxBodyBytes = 1_048_576, deadlineMs = 30_000 } = options
  const pipeline = await ApolloPipeline.start(graphs, options.log)

  async function handle(exchange: Exchange): Promise<void> {
    const principal = withPurpose(await authenticate(exchange, options.tokens), exchange)
    const request = await readGraphqlRequest(exchange, maxBodyBytes)
    const answer = await graphs.use(async (graph) => {
      const operation = readOperation(request, graph, limits)
      return await pipeline.run(request, operation, exchange, async () => {
        const outcome = await answerOperation(operation, { principal, signal: exchange.signal }, graph, deadlineMs)
        countCalls(metrics, outcome)
        return outcome
      })
    })
    sendAnswer(exchange, answer)
  }

  return { path: '/graphql', handle: measured(handle, metrics), close: async () => await pipeline.close() }
}

/**
 * First of the five calls. The token is read from the Authorization header only, before the body is.
 *
 * @throws UNAUTHENTICATED · AUTHORIZATION_HEADER_INVALID · ISSUER_UNAVAILABLE
 */
async function authenticate({ request }: Exchange, tokens: TokenVerifier): Promise<Principal> {
  const token = readBearerToken(request.rawHeaders)
  if (token === undefined) throw new GatewayError('UNAUTHENTICATED', 'this graph needs an access token: send `Authorization: Bearer <token>`')
  return await tokens.verify(token)
}

const PURPOSE = /^[a-z][a-z0-9-]{0,63}$/
// The same caller with the same purpose is the same object, so that what is decided about it stays decided.
const purposes = new WeakMap<Principal, Map<string, Principal>>()
const MAX_PURPOSES = 32

/** The purpose of use that the request names in `x-purpose`; policies and agreements judge it. @throws BAD_REQUEST */
function withPurpose(principal: Principal, { request }: Exchange): Principal {
  const purpose = request.headers['x-purpose']
  if (purpose === undefined) return principal
  if (typeof purpose !== 'string' || !PURPOSE.test(purpose)) throw new GatewayError('BAD_REQUEST', '`x-purpose` is one word of small letters, digits and hyphens')
  let known = purposes.get(principal)
  if (known === undefined || known.size >= MAX_PURPOSES) purposes.set(principal, (known = new Map()))
  let variant = known.get(purpose)
  if (variant === undefined) known.set(purpose, (variant = { ...principal, purpose }))
  return variant
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
