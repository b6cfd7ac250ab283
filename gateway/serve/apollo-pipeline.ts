import { ApolloServer, HeaderMap, type ApolloServerOptionsWithGateway, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { buildSchema } from 'graphql'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ExecutionOutcome } from '../execute/index.ts'
import type { ParsedOperation } from '../operation/index.ts'
import { answerStatus } from './answer-status.ts'
import { DATA_HEADERS, type Answer, type Exchange } from './exchange.ts'
import type { GraphqlRequest } from './graphql-request.ts'
import type { Log } from './log.ts'
import type { StreamedAnswer } from './send-stream.ts'

/** Answers an operation that was read and limited already. */
export type OperationAnswerer = () => Promise<ExecutionOutcome>

/** One request on its way through Apollo Server. */
interface Passage {
  readonly operation: ParsedOperation
  readonly answer: OperationAnswerer
  outcome?: ExecutionOutcome
  failure?: unknown
}

/** What is sent is the outcome's own; nobody looks into a result. */
const NOT_READ = { data: {} }

/** Which graph answers is known to the answerer. Given a graph's schema, the server would write it out at each new one: 34 ms for 10,000 types. */
const NO_SCHEMA = { apiSchema: buildSchema('type Query { unused: Boolean }'), coreSupergraphSdl: '' }

type Gateway = ApolloServerOptionsWithGateway<BaseContext>['gateway']

/**
 * Apollo Server's request pipeline (content negotiation, hooks of plugins) around our own five calls, which come in as
 * its gateway. It neither parses nor validates nor formats: the operation is parsed before, the answer is text already.
 */
export class ApolloPipeline {
  readonly #server: ApolloServer
  readonly #passages = new AsyncLocalStorage<Passage>()

  private constructor(log: Log) {
    this.#server = new ApolloServer({
      gateway: this.#asGateway(),
      documentStore: { get: async () => this.#passages.getStore()?.operation.document, set: async () => undefined, delete: async () => undefined },
      dangerouslyDisableValidation: true,
      stringifyResult: (result) => result.data === NOT_READ.data ? '' : JSON.stringify(result),
      introspection: true,
      allowBatchedHttpRequests: false,
      persistedQueries: false,
      stopOnTerminationSignals: false,
      includeStacktraceInErrorResponses: false,
      nodeEnv: 'production',
      logger: { debug: () => undefined, info: () => undefined, warn: (message) => log.warn('apollo server', { message: String(message) }), error: (message) => log.error('apollo server', {}, message) },
      plugins: [
        ApolloServerPluginCacheControlDisabled(),
        ApolloServerPluginInlineTraceDisabled(),
        ApolloServerPluginLandingPageDisabled(),
        ApolloServerPluginSchemaReportingDisabled(),
        ApolloServerPluginUsageReportingDisabled(),
      ],
    })
  }

  static async start(log: Log): Promise<ApolloPipeline> {
    const pipeline = new ApolloPipeline(log)
    await pipeline.#server.start()
    return pipeline
  }

  /** @throws whatever `answer` throws */
  async run(request: GraphqlRequest, operation: ParsedOperation, exchange: Exchange, answer: OperationAnswerer): Promise<Answer | StreamedAnswer> {
    const passage: Passage = { operation, answer }
    const { status, headers, body } = await this.#passages.run(passage, async () => await this.#server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        headers: headersFor(exchange),
        search: '',
        body: { query: request.query, operationName: request.operationName ?? null, variables: request.variables },
      },
      context: async () => ({}),
    }))
    if (passage.failure !== undefined) throw passage.failure
    if (body.kind !== 'complete') throw new TypeError('the pipeline has no incremental answers')
    const { outcome } = passage
    const sent = { ...DATA_HEADERS, ...Object.fromEntries(headers) }
    if (outcome === undefined || (status !== undefined && status >= 400)) {
      outcome?.stream?.cancel()
      return { status: status ?? 200, headers: sent, body: body.string }
    }
    // Of a body that it has never seen.
    delete sent['content-length']
    const { stream } = outcome
    return stream === undefined ? { status: answerStatus(outcome), headers: sent, body: outcome.bytes } : { status: 200, headers: sent, stream }
  }

  async close(): Promise<void> {
    await this.#server.stop()
  }

  #asGateway(): Gateway {
    return {
      onSchemaLoadOrUpdate: (callback) => {
        callback(NO_SCHEMA)
        return () => undefined
      },
      load: async () => ({
        executor: async () => {
          const passage = this.#passages.getStore()
          if (passage === undefined) throw new TypeError('the pipeline is entered by run() only')
          try {
            passage.outcome = await passage.answer()
            return NOT_READ
          } catch (error) {
            // Apollo Server would turn it into a 500 of its own form.
            passage.failure = error
            return { data: null }
          }
        },
      }),
      stop: async () => undefined,
    }
  }
}

/** Without `accept` it answers JSON; to find that out for a client that takes anything costs as much as the rest of the pipeline. */
function headersFor({ request: { headers: { accept = '*/*' } } }: Exchange): HeaderMap {
  const headers = new HeaderMap([['content-type', 'application/json']])
  if (accept !== '*/*') headers.set('accept', accept)
  return headers
}
