import type { Principal } from '@polyseme/kit/identity'
import { executeSync, Kind, type FieldNode, type GraphQLSchema } from 'graphql'
import type { AuthorizedOperation } from '../access/index.ts'
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
  const { original } = operation
  const { apiSchema } = plan.supergraph
  const root = apiSchema.getRootType(original.operation.operation)
  const completionErrors: ResponseError[] = []
  const completer = new ResponseCompleter({
    schema: apiSchema,
    original: original.document,
    allowed: operation.document,
    variables: operation.variables,
    errors: completionErrors,
    introspect: (field) => introspect(options.introspectionSchema ?? apiSchema, field, options),
  })
  const selections = {
    original: [original.operation.selectionSet],
    allowed: operation.operation === undefined ? [] : [operation.operation.selectionSet],
  }
  const data = root === undefined || root === null ? null : completer.complete(root, selections, run.data)
  const errors: ResponseError[] = [
    ...operation.denied.map(deniedError),
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

function introspect(schema: GraphQLSchema, field: FieldNode, options: ExecuteOptions): unknown {
  const { original } = options.operation
  const fragments = original.document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const result = executeSync({
    schema,
    document: {
      kind: Kind.DOCUMENT,
      definitions: [{ ...original.operation, selectionSet: { kind: Kind.SELECTION_SET, selections: [field] } }, ...fragments],
    },
    variableValues: options.operation.variables,
    rootValue: {},
  })
  return result.data?.[field.alias?.value ?? field.name.value] ?? null
}
