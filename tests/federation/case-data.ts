import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, isAbstractType, parse, validate, type DocumentNode, type ExecutionResult, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import type { SubgraphAnswer, SubgraphRequest, SubgraphTransport } from '../../gateway/execute/index.ts'

/**
 * The data of hand-made cases, as YAML says it: objects with `__typename`, shared through anchors. Instead of a value:
 *
 * - `$from: [a, b]` a text made of the object's other fields (as `@requires` gives them);
 * - `$args: true` a text of the field's arguments;
 * - `$in: { subgraph: value, else: value }` what different subgraphs say;
 * - `$error: message` an error;
 * - `$next: true` the number of calls so far, to see an order.
 */
export type CaseValue = unknown
export type CaseObject = Readonly<Record<string, CaseValue>>

export class CaseData {
  readonly #objects: readonly CaseObject[]
  readonly #roots: Readonly<Record<string, CaseObject>>
  #calls = 0

  constructor(data: Readonly<Record<string, CaseObject | readonly CaseObject[]>>) {
    const roots: Record<string, CaseObject> = {}
    const objects: CaseObject[] = []
    for (const [name, value] of Object.entries(data)) {
      if (Array.isArray(value)) objects.push(...value as readonly CaseObject[])
      else roots[name] = value as CaseObject
    }
    this.#roots = roots
    this.#objects = objects
  }

  async run(schema: GraphQLSchema, document: DocumentNode, options: { readonly variables: Readonly<Record<string, unknown>>; readonly subgraph?: string }): Promise<ExecutionResult> {
    return execute({
      schema, document, variableValues: options.variables, rootValue: {},
      fieldResolver: (source: CaseObject, args: Readonly<Record<string, unknown>>, _context, info) => this.#resolve(source, args, info, options.subgraph),
      typeResolver: (value: CaseObject, _context, info) => this.#typeOf(value, info.schema),
    })
  }

  /** The object that a representation stands for, with the representation's own values on top. */
  entity(schema: GraphQLSchema, representation: CaseObject): CaseObject | null {
    const name = String(representation['__typename'])
    const type = schema.getType(name)
    const found = this.#objects.find((object) => {
      const itsType = String(object['__typename'])
      const fits = itsType === name || (isAbstractType(type) && schema.getPossibleTypes(type).some((possible) => possible.name === itsType)) || schema.getType(itsType) === undefined
      return fits && Object.entries(representation).every(([key, value]) => key === '__typename' || !Object.hasOwn(object, key) || isSpecial(object[key]) || matches(value, object[key]))
    })
    if (found === undefined) return null
    const { __typename: _type, ...given } = representation
    return { ...found, ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, { $given: value }])), $object: found }
  }

  #typeOf(value: CaseObject, schema: GraphQLSchema): string {
    const name = String(value['__typename'])
    if (schema.getType(name) !== undefined) return name
    const [entity] = schema.getType('Media') === undefined ? [name] : ['Media']
    return entity ?? name
  }

  #resolve(source: CaseObject, args: Readonly<Record<string, unknown>>, info: GraphQLResolveInfo, subgraph: string | undefined): unknown {
    const name = info.fieldName
    const isRoot = [info.schema.getQueryType(), info.schema.getMutationType()].includes(info.parentType)
    const object = isRoot ? this.#roots[info.parentType === info.schema.getMutationType() ? 'Mutation' : 'Query'] ?? {} : source
    return this.#value(object, object[name], { args, subgraph, name })
  }

  #value(object: CaseObject, value: unknown, asked: { readonly args: Readonly<Record<string, unknown>>; readonly subgraph: string | undefined; readonly name: string }): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const special = value as Readonly<Record<string, unknown>>
    if (Object.hasOwn(special, '$given')) return special['$given']
    if (Array.isArray(special['$from'])) return JSON.stringify((special['$from'] as readonly string[]).map((name) => plain(this.#value(object, object[name], { ...asked, args: {} }))))
    if (special['$args'] === true) return JSON.stringify(asked.args)
    if (special['$next'] === true) return ++this.#calls
    if (typeof special['$error'] === 'string') throw new Error(special['$error'])
    if (typeof special['$in'] === 'object' && special['$in'] !== null) {
      const by = special['$in'] as Readonly<Record<string, unknown>>
      return this.#value(object, Object.hasOwn(by, asked.subgraph ?? 'else') ? by[asked.subgraph ?? 'else'] : by['else'], asked)
    }
    return value
  }
}

function isSpecial(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'))
}

/** What a representation says of a value must be what the value is. */
function matches(given: unknown, value: unknown): boolean {
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && typeof value === 'object' && value !== null) {
    return Object.entries(given).every(([key, inner]) => matches(inner, (value as CaseObject)[key]))
  }
  if (Array.isArray(given) && Array.isArray(value)) return given.length === value.length && given.every((item, index) => matches(item, value[index]))
  return given === value || String(given) === String(value)
}

/** Without what a representation does not carry. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key, inner]) => key !== '__typename' && !key.startsWith('$') && (typeof inner !== 'object' || inner === null)).map(([key, inner]) => [key, plain(inner)]))
}

/** A subgraph of a hand-made case, in this thread. */
export class CaseTransport implements SubgraphTransport {
  readonly #name: string
  readonly #schema: GraphQLSchema
  readonly #data: CaseData
  readonly requests: { readonly text: string; readonly variables: Readonly<Record<string, unknown>> }[] = []

  constructor(name: string, sdl: string, data: CaseData) {
    this.#name = name
    this.#data = data
    this.#schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }])
    const entities = this.#schema.getQueryType()?.getFields()['_entities']
    if (entities !== undefined) entities.resolve = (_source, args: { readonly representations: readonly CaseObject[] }) => args.representations.map((representation) => data.entity(this.#schema, representation))
    const union = this.#schema.getType('_Entity')
    if (union !== undefined && 'resolveType' in union) union.resolveType = undefined
  }

  async send({ operation, variablesText }: SubgraphRequest): Promise<SubgraphAnswer> {
    const document = parse(operation.text)
    const [invalid] = validate(this.#schema, document)
    if (invalid !== undefined) throw new Error(`an invalid request to ${this.#name}: ${invalid.message}\n${operation.text}`)
    const variables = JSON.parse(variablesText) as Record<string, unknown>
    this.requests.push({ text: operation.text, variables })
    const result = await this.#data.run(this.#schema, document, { variables, subgraph: this.#name })
    return { data: result.data, errors: (result.errors ?? []).map((error) => error.toJSON()) }
  }

  async close(): Promise<void> {}
}
