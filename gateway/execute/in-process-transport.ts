import { GatewayError } from '@polyseme/kit/errors'
import type { Principal, RowRestrictions } from '@polyseme/kit/identity'
import { execute, parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import { untilAborted } from './until-aborted.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphError, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'

/** What resolvers of a subgraph inside the gateway get as their context. */
export interface InProcessContext {
  readonly principal: Principal
  mayRead(typeName: string): boolean
  /** What policies restrict the rows of this type and of its domain to, for this caller. */
  rowRestrictionsAround(typeName: string): RowRestrictions
}

/** Answers a document as executing the schema would, or undefined where it has to be executed. */
export type QuickAnswer = (
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  context: InProcessContext,
) => { readonly data: Readonly<Record<string, unknown>>; readonly errors?: readonly SubgraphError[] } | undefined

/** A subgraph that the gateway serves itself: executed in this process, no HTTP, no signature. */
export class InProcessTransport implements SubgraphTransport {
  readonly #subgraph: string
  readonly #makeSchema: () => GraphQLSchema
  #schema: GraphQLSchema | undefined
  readonly #contextFor: (call: SubgraphCallContext) => InProcessContext
  readonly #quickAnswer: QuickAnswer | undefined
  readonly #documents = new WeakMap<SubgraphOperation, DocumentNode>()

  /** @param makeSchema called at the first request: a graph is taken over while another one answers, and most of these are never asked */
  constructor(subgraph: string, makeSchema: () => GraphQLSchema, contextFor: (call: SubgraphCallContext) => InProcessContext, quickAnswer?: QuickAnswer) {
    this.#subgraph = subgraph
    this.#makeSchema = makeSchema
    this.#contextFor = contextFor
    this.#quickAnswer = quickAnswer
  }

  async send(request: SubgraphRequest, call: SubgraphCallContext): Promise<SubgraphAnswer> {
    if (call.signal.aborted) throw new GatewayError('SUBGRAPH_TIMEOUT', `the domain "${this.#subgraph}" did not answer in time`)
    const document = this.#documentOf(request.operation)
    const variableValues = JSON.parse(request.variablesText) as Record<string, unknown>
    const contextValue = this.#contextFor(call)
    const quick = this.#quickAnswer?.(document, variableValues, contextValue)
    if (quick !== undefined) return { data: quick.data, errors: quick.errors ?? [] }
    const schema = this.#schema ??= this.#makeSchema()
    const result = await untilAborted(
      execute({ schema, document, variableValues, contextValue }),
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
