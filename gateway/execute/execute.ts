import type { Principal } from '@polyseme/kit/identity'
import { executeSync, OperationTypeNode, type DocumentNode, type GraphQLSchema } from 'graphql'
import { holds, type AuthorizedOperation } from '../access/index.ts'
import type { CompiledPlan } from '../plan/index.ts'
import { ResponseCompleter } from './complete-response.ts'
import type { ExecutionOutcome, ResponseError } from './outcome.ts'
import { deniedError } from './response-errors.ts'
import { runPlan, type PlanRun } from './run-plan.ts'
import type { SubgraphTransport } from './subgraph-transport.ts'

export interface ExecuteOptions {
  readonly operation: AuthorizedOperation
  readonly principal: Principal
  /** By subgraph name; one that is missing counts as unavailable. */
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  /** Aborts when the client leaves: running subgraph requests are cancelled. */
  readonly signal?: AbortSignal
  /** Time for the whole operation; default 60,000 ms. What has not answered by then is missing from the answer. */
  readonly deadlineMs?: number
  /** What introspection shows; default the API schema. */
  readonly introspectionSchema?: GraphQLSchema
}

/** Runs a plan and completes the answer against the operation that the client sent. Never throws for a subgraph's fault. */
export async function execute(plan: CompiledPlan, options: ExecuteOptions): Promise<ExecutionOutcome> {
  const { operation, principal } = options
  const deadline = AbortSignal.timeout(options.deadlineMs ?? 60_000)
  const run: PlanRun = {
    schema: plan.supergraph.apiSchema,
    variables: operation.variables,
    transports: options.transports,
    call: {
      principal,
      masks: operation.masks,
      accessFingerprint: operation.accessFingerprint,
      signal: options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]),
    },
    data: {},
    errors: [],
    failed: new Map(),
    calls: [],
  }
  if (plan.node !== undefined) await runPlan(run, plan.node)
  return outcomeOf(plan, options, run)
}

function outcomeOf(plan: CompiledPlan, options: ExecuteOptions, run: PlanRun): ExecutionOutcome {
  const { operation } = options
  const { apiSchema } = plan.supergraph
  const completionErrors: ResponseError[] = []
  const introspection = plan.introspection === undefined ? undefined : introspect(options.introspectionSchema ?? apiSchema, plan.introspection, operation)
  const completer = new ResponseCompleter({
    schema: apiSchema,
    variables: operation.variables,
    errors: completionErrors,
    introspect: (key) => introspection?.[key] ?? null,
  })
  const root = apiSchema.getRootType(operation.operation?.operation ?? OperationTypeNode.QUERY)
  const data = root === undefined || root === null ? null : completer.complete(root, plan.shape, run.data)
  const errors: ResponseError[] = [
    ...operation.denied.filter((denied) => denied.when === undefined || denied.when.some((when) => holds(when, operation.variables))).map(deniedError),
    ...run.failed.values(),
    ...run.errors,
    ...(run.failed.size + run.errors.length > 0 ? completionErrors.filter(isContradiction) : completionErrors),
  ]
  const text = JSON.stringify(errors.length === 0 ? { data } : { errors, data })
  return { data, errors, text, calls: run.calls }
}

/** A missing value after a subgraph's failure follows from that failure; a wrong value does not. */
function isContradiction(error: ResponseError): boolean {
  return !error.message.startsWith('a value is missing')
}

function introspect(schema: GraphQLSchema, document: DocumentNode, operation: AuthorizedOperation): Readonly<Record<string, unknown>> {
  return executeSync({ schema, document, variableValues: operation.variables, rootValue: {} }).data ?? {}
}
