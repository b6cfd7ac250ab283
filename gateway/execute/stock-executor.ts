import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph as ComposedSupergraph, operationFromDocument } from '@apollo/federation-internals'
import type { ServiceMap } from '@apollo/gateway'
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import { completeDenied, deniedErrors, type AuthorizedOperation } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { BoundedCache } from '../plan/index.ts'
import { Deadline } from './deadline.ts'
import type { ExecuteOptions } from './execute.ts'
import type { ExecutionOutcome, ResponseError, SubgraphCall } from './outcome.ts'
import { reportedError, unavailableError } from './response-errors.ts'
import type { SubgraphCallContext, SubgraphTransport } from './subgraph-transport.ts'
import { textBytes } from './text-bytes.ts'

/** Plans and runs authorized operations as the stock gateway does, over our transports: for comparison. */
export interface StockExecutor {
  execute(options: ExecuteOptions): Promise<ExecutionOutcome>
}

/** As many as our own planner keeps. */
const MAX_PLANS = 1_000

/**
 * The executor of `@apollo/gateway`, which is loaded only now. It gets what `authorize` left of an operation and calls domains
 * over our transports, so that access, masks and row restrictions hold as they do for our own; but it plans in this thread,
 * hides nulls in non-null fields and wrong types, and bounds neither operations under way nor errors.
 */
export async function createStockExecutor(supergraph: Supergraph): Promise<StockExecutor> {
  const { buildOperationContext, executeQueryPlan } = await import('@apollo/gateway')
  const composed = ComposedSupergraph.build(supergraph.sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false })
  const apiSchema = composed.apiSchema()
  const supergraphSchema = composed.schema.toGraphQLJSSchema()
  const planner = new QueryPlanner(composed)
  const plans = new BoundedCache<QueryPlan>(MAX_PLANS)
  return {
    execute: async (options) => {
      const { operation: authorized, principal } = options
      const { operation, document, variables } = authorized
      if (operation === undefined) return outcome(completeDenied({}, authorized, supergraph), [], { authorized, calls: [] })
      const deadline = new Deadline(options.deadlineMs ?? 60_000, options.signal)
      const call = { principal, masks: authorized.masks, rowRestrictions: authorized.rowRestrictions, accessFingerprint: authorized.accessFingerprint, signal: deadline.signal }
      const calls: SubgraphCall[] = []
      try {
        const named = operation.name === undefined ? {} : { operationName: operation.name.value }
        const plan = plans.get(authorized.planKey) ?? planner.buildQueryPlan(operationFromDocument(apiSchema, document, { validate: false, ...named }))
        plans.set(authorized.planKey, plan)
        // Used for introspection only: all else follows the supergraph.
        const context = buildOperationContext({ schema: options.introspectionSchema ?? supergraph.apiSchema, operationDocument: document, ...named })
        const request = { request: { variables }, context: {}, logger: SILENT, metrics: {} } as unknown as Parameters<typeof executeQueryPlan>[2]
        const services = serviceMap(options.transports, call, calls)
        const result = await executeQueryPlan(plan, services, request, context, supergraphSchema, apiSchema)
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
      let outcome: SubgraphCall['outcome'] = 'failed'
      try {
        const answer = await transport.send({ operation, variablesText: JSON.stringify(request.variables ?? {}) }, call)
        outcome = 'answered'
        return { data: answer.data, ...(answer.errors.length === 0 ? {} : { errors: answer.errors }) }
      } catch (error) {
        const { message, extensions } = unavailableError(subgraph, error)
        throw new GraphQLError(message, { extensions: { ...extensions, serviceName: subgraph } })
      } finally {
        calls.push({ subgraph, durationMs: performance.now() - startedAt, entities: 0, outcome })
      }
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
  const text = JSON.stringify(errors.length === 0 ? { data } : { errors, data })
  return { data, errors, calls, text, bytes: textBytes(text) }
}
