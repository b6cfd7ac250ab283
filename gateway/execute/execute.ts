import type { Principal } from '@polyseme/kit/identity'
import { executeSync, type GraphQLSchema } from 'graphql'
import { deniedErrors, type AuthorizedOperation } from '../access/index.ts'
import type { CompiledPlan } from '../plan/index.ts'
import { AnswerState } from './answer-state.ts'
import { Deadline } from './deadline.ts'
import type { LargeAnswers } from './large/large-answers.ts'
import { runLarge } from './large/run-large.ts'
import { StreamState } from './large/stream-state.ts'
import type { AnswerStream, ExecutionOutcome, ResponseError, SubgraphCall } from './outcome.ts'
import { errorsOfAnswer } from './response-errors.ts'
import { runProgram } from './run-program.ts'
import type { SubgraphTransport } from './subgraph-transport.ts'
import { textBytes } from './text-bytes.ts'

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
  /** Errors in one answer; further ones are counted in a last one. Default 1,000. */
  readonly maxErrors?: number
  /** Lets a large answer be sent while it is made; absent: every answer is made whole. */
  readonly large?: LargeAnswers
}

/**
 * Runs a plan and completes the answer against the operation that the client sent. Never throws for a subgraph's fault.
 */
export async function execute(plan: CompiledPlan, options: ExecuteOptions): Promise<ExecutionOutcome> {
  const { operation, principal } = options
  const { variables } = operation
  const deadline = new Deadline(options.deadlineMs ?? 60_000, options.signal)
  const calls: SubgraphCall[] = []
  const introspection = plan.introspection === undefined
    ? undefined
    : executeSync({ schema: options.introspectionSchema ?? plan.supergraph.apiSchema, document: plan.introspection, variableValues: variables, rootValue: {} }).data
  const making = { variables, introspect: (key: string) => introspection?.[key] ?? null, maxErrors: options.maxErrors ?? 1_000 }
  const state = new AnswerState(plan, making)
  const call = { principal, masks: operation.masks, rowRestrictions: operation.rowRestrictions, accessFingerprint: operation.accessFingerprint, signal: deadline.signal }
  const run = { program: plan.program, state, variables, transports: options.transports, call, calls }
  const { largeLists } = plan.program
  const known: ResponseError[] = operation.denied.length === 0 ? [] : deniedErrors(operation).map((error) => error.toJSON() as ResponseError)
  let stream: AnswerStream | undefined
  try {
    if (options.large === undefined || largeLists === undefined) await runProgram(run)
    else stream = await runLarge(run, { large: options.large, largeLists, newState: () => new StreamState(plan, making), errors: known, deadline })
  } finally {
    if (stream === undefined) deadline.end()
  }
  if (stream !== undefined) return { data: null, errors: [], text: '', bytes: NO_BYTES, calls, stream }
  const data = plan.program.projection(state)
  const errors = [...known, ...errorsOfAnswer(data, state.errors(), state.unexplained)]
  return new Outcome({ data, errors, calls, ...(errors.length === 0 && introspection === undefined ? { rows: state.rows } : {}) })
}

const NO_BYTES = Buffer.alloc(0)

class Outcome implements ExecutionOutcome {
  readonly errors: readonly ResponseError[]
  readonly calls: readonly SubgraphCall[]
  readonly rows?: number
  #data: ExecutionOutcome['data']
  #text: string | undefined
  #bytes: Buffer | undefined

  constructor({ data, errors, calls, rows }: Pick<ExecutionOutcome, 'data' | 'errors' | 'calls' | 'rows'>) {
    this.#data = data
    this.errors = errors
    this.calls = calls
    if (rows !== undefined) this.rows = rows
  }

  get data(): ExecutionOutcome['data'] {
    return this.#data
  }

  get text(): string {
    if (this.#bytes !== undefined) return this.#bytes.toString('utf8')
    this.#text ??= JSON.stringify(this.errors.length === 0 ? { data: this.#data } : { errors: this.errors, data: this.#data })
    return this.#text
  }

  get bytes(): Buffer {
    return this.#bytes ?? textBytes(this.text)
  }

  keepBytes(): void {
    this.#bytes = this.bytes
    this.#data = null
    this.#text = undefined
  }
}
