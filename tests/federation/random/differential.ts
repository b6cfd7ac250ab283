import { buildSubgraphSchema } from '@apollo/subgraph'
import { getNamedType, isAbstractType, isInputObjectType, isObjectType, Kind, parse, validate, type DocumentNode, type ExecutionResult, type FragmentDefinitionNode, type GraphQLInterfaceType, type GraphQLObjectType, type GraphQLSchema, type SelectionSetNode } from 'graphql'
import { GatewayError } from '@polyseme/kit/errors'
import type { AuthorizedOperation } from '../../../gateway/access/index.ts'
import { execute, type ExecutionOutcome, type SubgraphAnswer, type SubgraphOperation, type SubgraphRequest, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import { createPlanner, type Planner } from '../../../gateway/plan/index.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { coerceVariables } from '../../testkit/coerce-variables.ts'
import type { Random } from '../../testkit/random.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'
import { makeMesh } from './make-mesh.ts'
import type { MadeOperation } from './make-operation.ts'
import { meshFeatures } from './mesh-features.ts'
import type { MeshModel } from './mesh-model.ts'
import { meshSdl } from './mesh-sdl.ts'
import { Truth, type Doubtful, type Representation } from './truth.ts'

/** A random mesh, running: the gateway's side of it and the one schema that has everything. */
export class RandomMesh implements AsyncDisposable {
  readonly model: MeshModel
  readonly sdl: Readonly<Record<string, string>>
  readonly supergraph: Supergraph
  readonly truth: Truth
  readonly transports: ReadonlyMap<string, TruthTransport>
  readonly planner: Planner
  readonly features: ReadonlyMap<string, readonly string[]>

  /** @throws when the mesh does not compose */
  constructor(random: Random) {
    this.model = makeMesh(random)
    this.sdl = meshSdl(this.model)
    this.supergraph = composeTestSupergraph(this.sdl)
    this.truth = new Truth(this.model)
    this.transports = new Map(Object.entries(this.sdl).map(([name, sdl]) => [name, new TruthTransport(name, sdl, this.truth)]))
    this.planner = createPlanner(this.supergraph, { isolation: 'inline' })
    this.features = meshFeatures(this.model)
  }

  /** As `parseOperation` and `authorize` would hand it on. */
  authorized({ text, variables }: MadeOperation): AuthorizedOperation {
    return authorizeAll(text, coerceVariables(this.supergraph.apiSchema, text, variables))
  }

  async federated(made: MadeOperation, planner = this.planner): Promise<ExecutionOutcome> {
    const operation = this.authorized(made)
    const plan = await planner.plan(operation)
    this.truth.reset()
    return execute(plan, { operation, principal: TEST_PRINCIPAL, transports: this.transports })
  }

  async monolithic({ text, variables }: MadeOperation, doubtful: Doubtful = 'kept'): Promise<ExecutionResult> {
    this.truth.reset()
    return this.truth.run(this.supergraph.apiSchema, parse(text), { variables, doubtful })
  }

  /** Requests that did not fit their subgraph's schema. */
  get invalid(): readonly string[] {
    return [...this.transports.values()].flatMap((transport) => transport.invalid)
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
  /** Requests that do not fit the subgraph's schema. */
  readonly invalid: string[] = []
  /** Replaces an answer; may throw. */
  tamper: ((answer: SubgraphAnswer) => SubgraphAnswer) | undefined

  constructor(name: string, sdl: string, truth: Truth) {
    this.#name = name
    this.#truth = truth
    this.#schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }])
    const entities = this.#schema.getQueryType()?.getFields()['_entities']
    if (entities !== undefined) entities.resolve = (_source, args: { readonly representations: readonly Representation[] }) => args.representations.map((representation) => this.#truth.entity(this.#schema, this.#name, representation))
    const union = this.#schema.getType('_Entity')
    if (union !== undefined && 'resolveType' in union) union.resolveType = undefined
  }

  async send({ operation, variablesText }: SubgraphRequest): Promise<SubgraphAnswer> {
    const { down, untyped } = this.#truth.faults
    if (down === this.#name) throw new GatewayError('SUBGRAPH_UNAVAILABLE', 'gone')
    const document = this.#documentOf(operation)
    const result = await this.#truth.run(this.#schema, document, { variables: JSON.parse(variablesText) as Record<string, unknown>, subgraph: this.#name })
    const errors = (result.errors ?? []).map((error) => error.toJSON())
    if (untyped?.subgraph === this.#name) withoutTypeName(this.#schema, document, result.data, untyped.type)
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

/** Wherever an object's type had to be told, one type is told by a name that there is not. */
function withoutTypeName(schema: GraphQLSchema, document: DocumentNode, data: unknown, type: string): void {
  const fragments = new Map(document.definitions.filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION).map((definition) => [definition.name.value, definition.selectionSet]))
  const visitObject = (value: unknown, parent: GraphQLObjectType | GraphQLInterfaceType, sets: readonly SelectionSetNode[]): void => {
    if (typeof value !== 'object' || value === null) return
    for (const set of sets) {
      for (const selection of set.selections) {
        if (selection.kind !== Kind.FIELD) {
          const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)
          const condition = selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition !== undefined ? schema.getType(selection.typeCondition.name.value) : undefined
          if (inner !== undefined) visitObject(value, condition !== undefined && 'getFields' in condition && !isInputObjectType(condition) ? condition : parent, [inner])
          continue
        }
        const field = parent.getFields()[selection.name.value]
        const member = (value as Readonly<Record<string, unknown>>)[selection.alias?.value ?? selection.name.value]
        if (field !== undefined && selection.selectionSet !== undefined) visitValue(member, getNamedType(field.type).name, selection.selectionSet)
      }
    }
  }
  const visitValue = (value: unknown, named: string, set: SelectionSetNode): void => {
    if (Array.isArray(value)) {
      for (const item of value) visitValue(item, named, set)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const object = value as Record<string, unknown>
    const declared = schema.getType(named)
    const actual = isAbstractType(declared) ? schema.getType(String(object['__typename'])) : declared
    if (isObjectType(actual)) visitObject(value, actual, [set])
    // Of an entity the type is not asked: it is of one of the fragments.
    else if (named === '_Entity') visitObject(value, schema.getQueryType() ?? never(), [set])
    if (isAbstractType(declared) && named !== '_Entity' && object['__typename'] === type) object['__typename'] = 'Nothing'
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const root = schema.getRootType(definition.operation)
    if (root !== undefined && root !== null) visitObject(data, root, [definition.selectionSet])
  }
}

function never(): never {
  throw new TypeError('a subgraph without queries')
}
