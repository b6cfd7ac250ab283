import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph as ComposedSupergraph, operationFromDocument } from '@apollo/federation-internals'
import type { ServiceMap } from '@apollo/gateway'
import { QueryPlanner } from '@apollo/query-planner'
import type { GraphQLError } from 'graphql'
import { completeDenied, deniedErrors, type AuthorizedOperation } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { Deadline } from './deadline.ts'
import type { ExecuteOptions } from './execute.ts'
import type { ExecutionOutcome, ResponseError, SubgraphCall } from './outcome.ts'
import { reportedError, unavailableError } from './response-errors.ts'
import type { SubgraphCallContext, SubgraphTransport } from './subgraph-transport.ts'

/** Plans and runs authorized operations as the stock gateway does, over our transports: for comparison. */
export interface StockExecutor {
  execute(options: ExecuteOptions): Promise<ExecutionOutcome>
}

/**
 * The executor of `@apollo/gateway`, which is loaded only now. It hides nulls in non-null fields and wrong types.
 */
export async function createStockExecutor(supergraph: Supergraph): Promise<StockExecutor> {
  const { buildOperationContext, executeQueryPlan } = await import('@apollo/gateway')
  const composed = ComposedSupergraph.build(supergraph.sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const apiSchema = composed.apiSchema()
  const supergraphSchema = composed.schema.toGraphQLJSSchema()
  const planner = new QueryPlanner(composed)
  return {
    execute: async (options) => {
      const { operation: authorized, principal } = options
      const { operation, document, variables } = authorized
      if (operation === undefined) return outcome(completeDenied({}, authorized, supergraph), [], { authorized, calls: [] })
      const deadline = new Deadline(options.deadlineMs ?? 60_000, options.signal)
      const call = { principal, masks: authorized.masks, rowRestrictions: authorized.rowRestrictions, accessFingerprint: authorized.accessFingerprint, signal: deadline.signal }
      const calls: SubgraphCall[] = []
      try {
        const planned = operationFromDocument(apiSchema, document, { validate: false, ...(operation.name === undefined ? {} : { operationName: operation.name.value }) })
        const context = buildOperationContext({ schema: supergraph.apiSchema, operationDocument: document, ...(operation.name === undefined ? {} : { operationName: operation.name.value }) })
        const request = { request: { variables }, context: {}, logger: SILENT, metrics: {} } as unknown as Parameters<typeof executeQueryPlan>[2]
        const services = serviceMap(options.transports, call, calls)
        const result = await executeQueryPlan(planner.buildQueryPlan(planned), services, request, context, supergraphSchema, apiSchema)
        const data = JSON.parse(JSON.stringify(result.data ?? null)) as ExecutionOutcome['data']
        return outcome(completeDenied(data, authorized, supergraph), result.errors ?? [], { authorized, calls })
      } finally {
        deadline.end()
      }
    },
  }
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function serviceMap(transports: ReadonlyMap<string, SubgraphTransport>, call: SubgraphCallContext, calls: SubgraphCall[]): ServiceMap {
  return Object.fromEntries([...transports].map(([subgraph, transport]) => [subgraph, {
    process: async ({ request }: { readonly request: { readonly query?: string; readonly operationName?: string; readonly variables?: unknown } }) => {
      const startedAt = performance.now()
      const text = request.query ?? ''
      const operation = { text, name: request.operationName, kind: text.trimStart().startsWith('mutation') ? 'mutation' as const : 'query' as const }
      const answer = await transport.send({ operation, variablesText: JSON.stringify(request.variables ?? {}) }, call)
      calls.push({ subgraph, durationMs: performance.now() - startedAt, entities: 0, outcome: 'answered' })
      return { data: answer.data, ...(answer.errors.length === 0 ? {} : { errors: answer.errors }) }
    },
  }])) as unknown as ServiceMap
}

function outcome(data: ExecutionOutcome['data'], failed: readonly GraphQLError[], { authorized, calls }: { readonly authorized: AuthorizedOperation; readonly calls: readonly SubgraphCall[] }): ExecutionOutcome {
  const errors: ResponseError[] = [
    ...deniedErrors(authorized).map((error) => error.toJSON() as ResponseError),
    ...failed.map((error) => {
      const subgraph = error.extensions['serviceName']
      return typeof subgraph === 'string' ? reportedError(subgraph, error, error.path) : unavailableError('?', error)
    }),
  ]
  return { data, errors, calls, text: JSON.stringify(errors.length === 0 ? { data } : { errors, data }) }
}
