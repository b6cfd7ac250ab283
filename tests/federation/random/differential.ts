import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, validate, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { execute, type ExecutionOutcome, type SubgraphAnswer, type SubgraphOperation, type SubgraphRequest, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import { createPlanner, type Planner } from '../../../gateway/plan/index.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'
import { makeMesh } from './make-mesh.ts'
import type { MadeOperation } from './make-operation.ts'
import type { MeshModel } from './mesh-model.ts'
import { meshSdl } from './mesh-sdl.ts'
import type { Random } from '../../testkit/random.ts'
import { Truth, type Representation } from './truth.ts'

/** A random mesh, running: the gateway's side of it and the one schema that has everything. */
export class RandomMesh implements AsyncDisposable {
  readonly model: MeshModel
  readonly sdl: Readonly<Record<string, string>>
  readonly supergraph: Supergraph
  readonly truth: Truth
  readonly transports: ReadonlyMap<string, TruthTransport>
  readonly planner: Planner

  /** @throws when the mesh does not compose */
  constructor(random: Random) {
    this.model = makeMesh(random)
    this.sdl = meshSdl(this.model)
    this.supergraph = composeTestSupergraph(this.sdl)
    this.truth = new Truth(this.model)
    this.transports = new Map(Object.entries(this.sdl).map(([name, sdl]) => [name, new TruthTransport(name, sdl, this.truth)]))
    this.planner = createPlanner(this.supergraph, { isolation: 'inline' })
  }

  async federated({ text, variables }: MadeOperation): Promise<ExecutionOutcome> {
    const operation = authorizeAll(text, variables)
    return execute(await this.planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: this.transports })
  }

  async monolithic({ text, variables }: MadeOperation): Promise<ExecutionResult> {
    return this.truth.run(this.supergraph.apiSchema, parse(text), { variables })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.planner.close()
  }
}

/** A subgraph that answers from the truth, in this thread. */
export class TruthTransport implements SubgraphTransport {
  readonly #name: string
  readonly #schema: GraphQLSchema
  readonly #truth: Truth
  readonly #documents = new WeakMap<SubgraphOperation, DocumentNode>()
  requests = 0
  /** Requests that do not fit the subgraph's schema. */
  readonly invalid: string[] = []
  /** Replaces an answer; may throw. */
  tamper: ((answer: SubgraphAnswer) => SubgraphAnswer) | undefined

  constructor(name: string, sdl: string, truth: Truth) {
    this.#name = name
    this.#truth = truth
    this.#schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }])
    const entities = this.#schema.getQueryType()?.getFields()['_entities']
    if (entities !== undefined) entities.resolve = (_source, args: { readonly representations: readonly Representation[] }) => args.representations.map((representation) => this.#truth.entity(this.#schema, representation))
    const union = this.#schema.getType('_Entity')
    if (union !== undefined && 'resolveType' in union) union.resolveType = undefined
  }

  async send({ operation, variablesText }: SubgraphRequest): Promise<SubgraphAnswer> {
    this.requests++
    const result = await this.#truth.run(this.#schema, this.#documentOf(operation), { variables: JSON.parse(variablesText) as Record<string, unknown>, subgraph: this.#name })
    const errors = (result.errors ?? []).map((error) => error.toJSON())
    const answer: SubgraphAnswer = { data: result.data, errors }
    return this.tamper === undefined ? answer : this.tamper(answer)
  }

  async close(): Promise<void> {}

  #documentOf(operation: SubgraphOperation): DocumentNode {
    let document = this.#documents.get(operation)
    if (document === undefined) {
      document = parse(operation.text)
      const [invalid] = validate(this.#schema, document)
      if (invalid !== undefined) this.invalid.push(`${invalid.message}: ${operation.text}`)
      this.#documents.set(operation, document)
    }
    return document
  }
}
