import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { OperationTypeNode } from 'graphql'
import { authorize } from '../access/index.ts'
import { execute, type ExecutionOutcome } from '../execute/index.ts'
import { parseOperation, type OperationLimits, type ParsedOperation } from '../operation/index.ts'
import type { GraphqlRequest } from './graphql-request.ts'
import type { ServingGraph } from './serving-graph.ts'

/** Who asks, and until when an answer is of use. */
export interface Caller {
  readonly principal: Principal
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

/** Second of the five calls: reads and limits the operation, before anything is planned. */
export function readOperation(request: GraphqlRequest, graph: ServingGraph, limits: OperationLimits): ParsedOperation {
  const operation = parseOperation(request, graph.supergraph, limits)
  if (!request.mutationAllowed && operation.operation.operation === OperationTypeNode.MUTATION) throw new GatewayError('METHOD_NOT_ALLOWED', 'send a mutation with POST')
  return operation
}

/** Third to fifth: removes what the caller may not see, plans what is left, runs the plan. Every way in ends here. */
export async function answerOperation(operation: ParsedOperation, caller: Caller, graph: ServingGraph, deadlineMs: number): Promise<ExecutionOutcome> {
  const { principal, signal } = caller
  const authorized = authorize(operation, principal, graph.supergraph, { decider: graph.decider() })
  const plan = await graph.planner.plan(authorized, signal)
  return await execute(plan, { operation: authorized, principal, transports: graph.transports, signal, deadlineMs })
}
