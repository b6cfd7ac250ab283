import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { execute, parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'

/** What resolvers of a subgraph inside the gateway get as their context. */
export interface InProcessContext {
  readonly principal: Principal
  mayRead(typeName: string): boolean
}

/** A subgraph that the gateway serves itself: executed in this process, no HTTP, no signature. */
export class InProcessTransport implements SubgraphTransport {
  readonly #subgraph: string
  readonly #schema: GraphQLSchema
  readonly #contextFor: (call: SubgraphCallContext) => InProcessContext
  readonly #documents = new WeakMap<SubgraphOperation, DocumentNode>()

  constructor(subgraph: string, schema: GraphQLSchema, contextFor: (call: SubgraphCallContext) => InProcessContext) {
    this.#subgraph = subgraph
    this.#schema = schema
    this.#contextFor = contextFor
  }

  async send(request: SubgraphRequest, call: SubgraphCallContext): Promise<SubgraphAnswer> {
    if (call.signal.aborted) throw new GatewayError('SUBGRAPH_TIMEOUT', `the domain "${this.#subgraph}" did not answer in time`)
    const result = await untilAborted(
      execute({
        schema: this.#schema,
        document: this.#documentOf(request.operation),
        variableValues: JSON.parse(request.variablesText) as Record<string, unknown>,
        contextValue: this.#contextFor(call),
      }),
      call.signal,
      () => new GatewayError('SUBGRAPH_TIMEOUT', `the domain "${this.#subgraph}" did not answer in time`),
    )
    const errors = (result.errors ?? []).map((error) => ({ message: error.message, path: error.path, extensions: error.extensions }))
    return { data: result.data, errors }
  }

  async close(): Promise<void> {}

  #documentOf(operation: SubgraphOperation): DocumentNode {
    let document = this.#documents.get(operation)
    if (document === undefined) {
      document = parse(operation.text, { noLocation: true })
      this.#documents.set(operation, document)
    }
    return document
  }
}

function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reason())
    signal.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(work).then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
