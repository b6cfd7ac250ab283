import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute as executeGraphql, isInterfaceType, isObjectType, isUnionType, parse, print, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import { authorize, federationDecider, type AuthorizedOperation } from '../../gateway/access/index.ts'
import { execute, type SubgraphAnswer, type SubgraphTransport } from '../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../gateway/operation/index.ts'
import { createPlanner, type Planner } from '../../gateway/plan/index.ts'
import type { ServingGraph } from '../../gateway/serve/index.ts'
import type { Supergraph } from '../../gateway/supergraph/index.ts'
import { caller, composeGraph } from './access-graph.ts'
import type { TestSubgraph } from './test-mesh.ts'

type Tree = Readonly<Record<string, unknown>>

/** A supergraph of the conformance suite: SDLs by domain, and one tree of objects that all its subgraphs answer from. */
export interface CaseGraph {
  readonly subgraphs: Readonly<Record<string, string>>
  /** Values of the fields of Query. An object that fragments or references must recognise carries its `__typename`. */
  readonly data?: Tree
  /** Values of the fields of Mutation. */
  readonly mutation?: Tree
}

/** Who asks: `anonymous`, or scopes and the names of the policies that are granted. */
export type CaseCaller = 'anonymous' | { readonly scopes?: readonly string[]; readonly policies?: readonly string[] }

export interface CaseRequest {
  readonly caller: CaseCaller
  readonly query: string
  readonly operationName?: string
  readonly variables?: Tree
  readonly mode?: 'filter' | 'reject'
}

/** What the gateway did with a request. */
export interface CaseOutcome {
  /** What was left of the operation, as text; undefined when nothing was. */
  readonly sent: string | undefined
  readonly data: unknown
  /** `path coordinate` of each denied place, as the client is told. */
  readonly denied: readonly string[]
  /** Messages of all other errors; none are expected. */
  readonly otherErrors: readonly string[]
  /** Subgraphs that were called, each once, in alphabetical order. */
  readonly calls: readonly string[]
  readonly planKey: string
}

/** A composed graph with its subgraphs running in this thread; answers requests as the gateway does, by the five calls. */
export class AccessGraph {
  readonly supergraph: Supergraph
  #planner: Planner | undefined
  readonly #transports: ReadonlyMap<string, RecordingSubgraph>

  constructor(graph: CaseGraph) {
    this.supergraph = composeGraph(graph.subgraphs)
    const objects = collectObjects([graph.data, graph.mutation])
    this.#transports = new Map([...this.supergraph.subgraphs.values()].map(({ name, sdl }) => [name, new RecordingSubgraph(sdl, graph, objects)]))
  }

  /** Made when it is first needed, in this thread: most graphs of random cases plan nothing, and a thread of its own takes longer to start than they all. */
  #getPlanner(): Planner {
    return this.#planner ??= createPlanner(this.supergraph, { isolation: 'inline' })
  }

  authorize(request: CaseRequest): AuthorizedOperation {
    const policies = new Set(request.caller === 'anonymous' ? [] : request.caller.policies)
    const decider = federationDecider(this.supergraph, (policy) => policies.has(policy))
    const operation = parseOperation(request, this.supergraph, DEFAULT_OPERATION_LIMITS)
    const principal = request.caller === 'anonymous' ? undefined : caller(...(request.caller.scopes ?? []))
    return authorize(operation, principal, this.supergraph, { decider, mode: request.mode ?? 'filter' })
  }

  async ask(request: CaseRequest): Promise<CaseOutcome> {
    for (const transport of this.#transports.values()) transport.calls = 0
    const authorized = this.authorize(request)
    if (authorized.operation !== undefined) assertStillValid(this.supergraph.apiSchema, authorized.document)
    const plan = await this.#getPlanner().plan(authorized)
    const { data, errors } = await execute(plan, { operation: authorized, principal: caller(), transports: this.#transports })
    const denied = errors.filter(({ extensions }) => extensions.code === 'UNAUTHORIZED_FIELD_OR_TYPE')
    return {
      sent: authorized.operation === undefined ? undefined : print(authorized.document),
      data: JSON.parse(JSON.stringify(data)) as unknown,
      denied: denied.map(({ path = [], message }) => `${path.join('.')} ${message.replace('not authorized for ', '')}`),
      otherErrors: errors.filter((error) => !denied.includes(error)).map(({ message, path = [] }) => `${path.join('.')}: ${message}`),
      calls: [...this.#transports].filter(([, { calls }]) => calls > 0).map(([name]) => name).sort(),
      planKey: authorized.planKey,
    }
  }

  /** The graph as the ways in serve it, under the federation directives. */
  serving(): ServingGraph {
    return { supergraph: this.supergraph, planner: this.#getPlanner(), transports: this.#transports, decider: () => federationDecider(this.supergraph), close: () => this.close() }
  }

  /** Subgraph calls since the last `ask`. */
  get calls(): number {
    return [...this.#transports.values()].reduce((sum, { calls }) => sum + calls, 0)
  }

  async close(): Promise<void> {
    await this.#planner?.close()
  }
}

function assertStillValid(schema: GraphQLSchema, document: DocumentNode): void {
  const errors = validate(schema, document)
  if (errors.length > 0) throw new Error(`what is left is not valid: ${errors.map(({ message }) => message).join('; ')}\n${print(document)}`)
}

/** A subgraph in this thread that answers from the graph's objects and counts its calls. */
class RecordingSubgraph implements SubgraphTransport {
  calls = 0
  readonly #schema: GraphQLSchema

  constructor(sdl: string, graph: CaseGraph, objects: readonly Tree[]) {
    const resolvers = { Query: rootResolvers(graph.data), Mutation: rootResolvers(graph.mutation) }
    const plain = buildSubgraphSchema([{ typeDefs: parse(sdl) }])
    for (const type of Object.values(plain.getTypeMap())) {
      if (type.name.startsWith('_')) continue
      if (isObjectType(type) && !['Query', 'Mutation'].includes(type.name)) Object.assign(resolvers, { [type.name]: { __resolveReference: (reference: Tree) => findObject(objects, reference, type.name) } })
      if (isInterfaceType(type) || isUnionType(type)) Object.assign(resolvers, { [type.name]: { __resolveType: (value: Tree) => value['__typename'], ...(isInterfaceType(type) ? { __resolveReference: (reference: Tree) => findObject(objects, reference) } : {}) } })
    }
    for (const root of ['Query', 'Mutation'] as const) if (plain.getType(root) === undefined) delete (resolvers as Partial<typeof resolvers>)[root]
    this.#schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: pickKnown(resolvers, plain) as TestSubgraph['resolvers'] }])
  }

  async send(request: Parameters<SubgraphTransport['send']>[0]): Promise<SubgraphAnswer> {
    this.calls++
    const variableValues = JSON.parse(request.variablesText) as Record<string, unknown>
    const result = await executeGraphql({ schema: this.#schema, document: parse(request.operation.text), variableValues })
    // As if over the wire: nothing is shared, undefined disappears.
    const wire = JSON.parse(JSON.stringify(result)) as { readonly data?: Record<string, unknown> | null; readonly errors?: SubgraphAnswer['errors'] }
    return { data: wire.data, errors: wire.errors ?? [] }
  }

  async close(): Promise<void> {}
}

type Resolvers = Record<string, Record<string, (...args: never[]) => unknown>>

function rootResolvers(values: Tree | undefined): Record<string, () => unknown> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([field, value]) => [field, () => value]))
}

/** Resolvers only for what this subgraph has: the tree holds the values of all of them. */
function pickKnown(resolvers: Resolvers, schema: GraphQLSchema): Resolvers {
  return Object.fromEntries(Object.entries(resolvers).map(([name, fields]) => {
    const type = schema.getType(name)
    const known = isObjectType(type) ? type.getFields() : {}
    return [name, Object.fromEntries(Object.entries(fields).filter(([field]) => field.startsWith('__') || Object.hasOwn(known, field)))]
  }))
}

/** Every object in the trees that says its type. */
function collectObjects(roots: readonly unknown[]): readonly Tree[] {
  const found = new Set<Tree>()
  const open: unknown[] = [...roots]
  for (let value = open.pop(); open.length > 0 || value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null || found.has(value as Tree)) continue
    found.add(value as Tree)
    open.push(...Object.values(value))
  }
  return [...found].filter((value) => !Array.isArray(value) && typeof value['__typename'] === 'string')
}

/** The object that a representation means; `as` renames its type where a subgraph knows only the interface. */
function findObject(objects: readonly Tree[], reference: Tree, as?: string): Tree | undefined {
  const scalars = Object.entries(reference).filter(([name, value]) => name !== '__typename' && (typeof value !== 'object' || value === null))
  const named = objects.filter((object) => object['__typename'] === reference['__typename'])
  const candidates = named.length > 0 ? named : objects
  const object = candidates.find((candidate) => scalars.every(([name, value]) => !Object.hasOwn(candidate, name) || String(candidate[name]) === String(value)) && scalars.some(([name]) => Object.hasOwn(candidate, name)))
  return object === undefined || as === undefined ? object : { ...object, __typename: as }
}
