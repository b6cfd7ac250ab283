import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { OperationTypeNode } from 'graphql'
import { authorize } from '../access/index.ts'
import { execute, type ExecutionOutcome } from '../execute/index.ts'
import { parseOperation, type OperationLimits, type ParsedOperation } from '../operation/index.ts'
import type { AccessRecorder } from '../usage/index.ts'
import type { GraphqlRequest } from './graphql-request.ts'
import type { ServingGraph } from './serving-graph.ts'

/** Who asks, and until when an answer is of use. */
export interface Caller {
  readonly principal: Principal
  readonly requestId: string
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

/** Second of the five calls: reads and limits the operation, before anything is planned. */
export function readOperation(request: GraphqlRequest, graph: ServingGraph, limits: OperationLimits): ParsedOperation {
  const operation = parseOperation(request, graph.supergraph, limits)
  if (!request.mutationAllowed && operation.operation.operation === OperationTypeNode.MUTATION) throw new GatewayError('METHOD_NOT_ALLOWED', 'send a mutation with POST')
  return operation
}

export interface AnswerOptions {
  readonly graph: ServingGraph
  readonly deadlineMs: number
  /** Remembers the access before anything of the answer is sent; absent: nobody does. */
  readonly recorder?: AccessRecorder
}

/**
 * Third to fifth: removes what the caller may not see, plans what is left, runs the plan. Every way in ends here.
 *
 * @throws AUDIT_UNAVAILABLE protected data was read and that could not be recorded
 */
export async function answerOperation(operation: ParsedOperation, caller: Caller, { graph, deadlineMs, recorder }: AnswerOptions): Promise<ExecutionOutcome> {
  const { principal, requestId, signal } = caller
  const begunMs = performance.now()
  const authorized = authorize(operation, principal, graph.supergraph, { decider: graph.decider() })
  const plan = await graph.planner.plan(authorized, signal)
  const outcome = await execute(plan, { operation: authorized, principal, transports: graph.transports, signal, deadlineMs })
  await recorder?.record({ requestId, way: 'graphql', principal, authorized, supergraph: graph.supergraph, data: outcome.data, failed: outcome.errors.length > 0, durationMs: performance.now() - begunMs })
  return outcome
}
