import { parse, type GraphQLSchema } from 'graphql'
import { maskAnswer, planAnswer, propertyTypes, type AnswerPlan, type MaskKeyring } from '../access/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { changedLarge, isLarge, type LargeAnswer, type LargeWanted } from './large/large-answer.ts'
import { readForeignSchema } from './read-foreign-schema.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'

/**
 * The way to a foreign subgraph over which a contract is laid: it cannot mask, so what it answers is masked here, before
 * anything else of the gateway sees it.
 */
export class MaskingTransport implements SubgraphTransport {
  readonly #inner: SubgraphTransport
  readonly #keyring: MaskKeyring
  readonly #types: ReturnType<typeof propertyTypes>
  readonly #sdl: string
  /** Read when something is masked for the first time. */
  #schema: GraphQLSchema | undefined
  readonly #plans = new WeakMap<SubgraphOperation, AnswerPlan>()
  readonly #concerned = new WeakMap<SubgraphCallContext['masks'], boolean>()

  /** @param definition with the names that the graph has */
  constructor(inner: SubgraphTransport, definition: Pick<SubgraphDefinition, 'sdl' | 'products'>, keyring: MaskKeyring) {
    this.#inner = inner
    this.#keyring = keyring
    this.#types = propertyTypes(definition.products)
    this.#sdl = definition.sdl
  }

  async send(request: SubgraphRequest, call: SubgraphCallContext): Promise<SubgraphAnswer> {
    return this.#masked(await this.#inner.send(request, call), request.operation, call)
  }

  async sendLarge(request: SubgraphRequest, call: SubgraphCallContext, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer> {
    const answer = await (this.#inner.sendLarge?.(request, call, wanted) ?? this.#inner.send(request, call))
    return isLarge(answer) ? changedLarge(answer, (part) => this.#masked(part, request.operation, call)) : this.#masked(answer, request.operation, call)
  }

  #masked(answer: SubgraphAnswer, operation: SubgraphOperation, call: SubgraphCallContext): SubgraphAnswer {
    if (!this.#concerns(call.masks)) return answer
    maskAnswer(answer.data, this.#planOf(operation), { masks: call.masks, types: this.#types, key: this.#keyring.keyFor(call.principal) })
    // What a foreign subgraph says about a failure may quote the value that it failed on.
    return { data: answer.data, errors: answer.errors.map(({ path, extensions }) => ({ message: 'the subgraph reported an error', path, extensions: codeOf(extensions) })) }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  #concerns(masks: SubgraphCallContext['masks']): boolean {
    let concerned = this.#concerned.get(masks)
    if (concerned === undefined) this.#concerned.set(masks, (concerned = Object.keys(masks).some((coordinate) => this.#types.has(coordinate))))
    return concerned
  }

  #planOf(operation: SubgraphOperation): AnswerPlan {
    const known = this.#plans.get(operation)
    if (known !== undefined) return known
    this.#schema ??= readForeignSchema(this.#sdl)
    const plan = planAnswer(parse(operation.text, { noLocation: true }), this.#schema)
    this.#plans.set(operation, plan)
    return plan
  }
}

function codeOf(extensions: unknown): { readonly code: unknown } | undefined {
  return typeof extensions === 'object' && extensions !== null && 'code' in extensions && typeof extensions.code === 'string' ? { code: extensions.code } : undefined
}
