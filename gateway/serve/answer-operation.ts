import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { OperationTypeNode } from 'graphql'
import { authorize, deniedErrors, seenBy, type AuthorizedOperation } from '../access/index.ts'
import { execute, type ExecutionOutcome, type LargeAnswers } from '../execute/index.ts'
import { OperationErrors, parseOperation, type OperationLimits, type ParsedOperation } from '../operation/index.ts'
import { rowCounts, type AccessRecorder, type AnsweredOperation } from '../usage/index.ts'
import { CostControl, type Charge, type CostReport } from './cost-control.ts'
import type { GraphqlRequest } from './graphql-request.ts'
import { ageSec, KeptOutcome, openVisit, type CacheUse, type KeptAnswer } from './response-cache/index.ts'
import { recordedStream } from './send-stream.ts'
import type { ServingGraph } from './serving-graph.ts'

/** Who asks, and until when an answer is of use. */
export interface Caller {
  readonly principal: Principal
  readonly requestId: string
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

export interface ReadOptions {
  readonly graph: ServingGraph
  readonly limits: OperationLimits
  /** A caller from whom forbidden names are concealed: to them they do not exist. Absent: they are named as forbidden. */
  readonly concealFrom?: Principal
}

/** Second of the five calls: reads and limits the operation, before anything is planned. */
export function readOperation(request: GraphqlRequest, { graph, limits, concealFrom }: ReadOptions): ParsedOperation {
  const known = concealFrom === undefined ? graph.supergraph : seenBy(concealFrom, graph.supergraph, graph.decider())
  const operation = parseOperation(request, known, limits)
  if (!request.mutationAllowed && operation.operation.operation === OperationTypeNode.MUTATION) throw new GatewayError('METHOD_NOT_ALLOWED', 'send a mutation with POST')
  return operation
}

export interface AnswerOptions {
  readonly graph: ServingGraph
  readonly deadlineMs: number
  /** What the answer is for; an `export` needs that right as well. Default `read`. */
  readonly use?: 'read' | 'export'
  /** `filter` (default) answers what is allowed; `reject` refuses an operation of which anything is denied. */
  readonly unauthorized?: 'filter' | 'reject'
  /** What the operation may cost; default `DEFAULT_COST_BUDGET` for every operation. */
  readonly costs?: CostControl
  /** Where answers are kept, and how this request uses it; absent: nothing is kept. */
  readonly caching?: CacheUse
  /** Told what the operation cost, before its answer is sent; absent: nobody wants to know. */
  readonly onCost?: (report: CostReport) => void
  /** Lets a large answer be sent while it is made; absent: every answer is made whole. */
  readonly large?: LargeAnswers
  /** Remembers the access before anything of the answer is sent; absent: nobody does. */
  readonly recorder?: AccessRecorder
}

const DEFAULT_COSTS = new CostControl()

/**
 * Third to fifth: removes what the caller may not see, plans what is left, runs the plan. Every way in ends here.
 *
 * @throws UNAUTHORIZED_FIELD_OR_TYPE something is denied, in mode `reject`
 * @throws OPERATION_LIMIT_EXCEEDED, CALLER_BUDGET_EXCEEDED it would cost more than a budget allows
 * @throws AUDIT_UNAVAILABLE protected data was read and that could not be recorded
 */
export async function answerOperation(operation: ParsedOperation, caller: Caller, options: AnswerOptions): Promise<ExecutionOutcome> {
  const { graph, recorder } = options
  const { principal, requestId, signal } = caller
  const begunMs = performance.now()
  const decider = graph.decider(options.use)
  const authorized = authorize(operation, principal, graph.supergraph, { decider })
  const refused = options.unauthorized === 'reject' ? deniedErrors(authorized) : []
  if (refused.length > 0) {
    await recorder?.record({ requestId, way: 'graphql', principal, authorized, supergraph: graph.supergraph, data: null, refused: true, failed: true, durationMs: performance.now() - begunMs })
    throw new OperationErrors('UNAUTHORIZED_FIELD_OR_TYPE', refused, 403)
  }
  const admitted = admit(authorized, principal, options)
  const charge = admitted instanceof Promise ? await admitted : admitted
  const run = async (): Promise<ExecutionOutcome> => {
    const how = { operation: authorized, principal, transports: graph.transports, signal, deadlineMs: options.deadlineMs }
    // Introspection shows each caller only what the caller may read.
    if (graph.stock !== undefined) return await graph.stock.execute({ ...how, introspectionSchema: seenBy(principal, graph.supergraph, decider).apiSchema })
    const plan = await graph.planner.plan(authorized, signal)
    return await execute(plan, { ...how, ...(options.large === undefined ? {} : { large: options.large }), ...(plan.introspection === undefined ? {} : { introspectionSchema: seenBy(principal, graph.supergraph, decider).apiSchema }) })
  }
  try {
    const { outcome, kept } = options.caching === undefined ? { outcome: await run() } : await runCached(run, options.caching, { graph, decider, authorized, principal })
    if (outcome.stream !== undefined && charge !== undefined) options.onCost?.(charge.settleUnseen())
    if (outcome.stream !== undefined) return recorder === undefined ? outcome : { ...outcome, stream: await recordedStream(outcome.stream, { requestId, way: 'graphql', principal, authorized, supergraph: graph.supergraph }, recorder) }
    const recorded = recorder?.record({ requestId, way: 'graphql', principal, authorized, supergraph: graph.supergraph, ...(kept === undefined ? countedRows(outcome) : { rows: kept.rows }), failed: outcome.errors.length > 0, durationMs: performance.now() - begunMs })
    if (recorded !== undefined && charge === undefined && options.use !== 'export') outcome.keepBytes?.()
    await recorded
    if (charge !== undefined) {
      const report = await charge.settle(outcome, signal)
      options.onCost?.(report)
    }
    return outcome
  } catch (error) {
    await charge?.abandon(error)
    throw error
  }
}

/** Rows that the answer was made with need not be looked for; an answer without lists is one row, or none. */
function countedRows({ data, rows }: ExecutionOutcome): Pick<AnsweredOperation, 'data' | 'rows'> {
  return rows === undefined || rows === 0 ? { data } : { rows: rowCounts(data, rows) }
}

/** A kept answer where there is one that will do, else a new one, which is kept where it may be. */
async function runCached(run: () => Promise<ExecutionOutcome>, { cache, maxAgeSec, keeps, onKept }: CacheUse, options: Parameters<typeof openVisit>[1]): Promise<{ readonly outcome: ExecutionOutcome; readonly kept?: KeptAnswer }> {
  const visit = openVisit(cache, options)
  if (visit === undefined) return { outcome: await run() }
  const found = maxAgeSec < 0 ? undefined : visit.find()
  if (found !== undefined && ageSec(found.asOfMs, cache.clock()) <= maxAgeSec) {
    onKept(found, 'found')
    return { outcome: new KeptOutcome(found), kept: found }
  }
  const outcome = await run()
  const kept = keeps && outcome.stream === undefined ? visit.keep(outcome) : undefined
  if (kept !== undefined) onKept(kept, 'kept')
  return { outcome, ...(kept === undefined ? {} : { kept }) }
}

/** Nothing is charged for what is denied. */
function admit(authorized: AuthorizedOperation, principal: Principal, { graph, costs = DEFAULT_COSTS, onCost }: AnswerOptions): Charge | undefined | Promise<Charge> {
  const { document, operation, variables } = authorized
  return operation === undefined ? undefined : costs.admit({ operation: { document, operation, variables }, supergraph: graph.supergraph, principal, reported: onCost !== undefined })
}
