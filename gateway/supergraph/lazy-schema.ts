import {
  GraphQLSchema, introspectionTypes, isInterfaceType, isObjectType, isSpecifiedScalarType, isTypeDefinitionNode, Kind, OperationTypeNode, parse, printSchema, specifiedDirectives, specifiedScalarTypes,
  type DefinitionNode, type GraphQLDirective, type GraphQLInterfaceType, type GraphQLNamedType, type GraphQLObjectType, type TypeDefinitionNode,
} from 'graphql'
import { defineDirective, defineType, type FindType } from './define-type.ts'

/** A type of a schema as it crosses processes: what others have to know of it, and its definition. */
export interface TypeText {
  readonly name: string
  readonly interfaces: readonly string[]
  /** SDL. */
  readonly text: string
}

/** The parts of a schema: its own types, the specified scalars that it uses, and the definitions of its directives and, where it has one, of itself. */
export interface SchemaTexts {
  /** By name, in the schema's order. */
  readonly types: ReadonlyMap<string, TypeText>
  readonly scalars: readonly string[]
  /** SDL; may be empty. */
  readonly others: string
}

/** What a schema is made of again by `LazySchema`. */
export function schemaTextsOf(schema: GraphQLSchema): SchemaTexts {
  const sdl = printSchema(schema)
  const textOf = ({ loc }: DefinitionNode): string => sdl.slice(loc?.start, loc?.end)
  const { definitions } = parse(sdl)
  const types = definitions.filter(isTypeDefinitionNode).map((node): TypeText => ({ name: node.name.value, interfaces: 'interfaces' in node ? (node.interfaces ?? []).map(({ name }) => name.value) : [], text: textOf(node) }))
  return {
    types: new Map(types.map((type) => [type.name, type])),
    scalars: Object.values(schema.getTypeMap()).filter(isSpecifiedScalarType).map(({ name }) => name),
    others: definitions.filter((node) => !isTypeDefinitionNode(node)).map(textOf).join('\n'),
  }
}

interface Implementations {
  readonly objects: readonly GraphQLObjectType[]
  readonly interfaces: readonly GraphQLInterfaceType[]
}

/** Names of the root types; undefined: the schema has no such operations. */
type Roots = Readonly<Partial<Record<OperationTypeNode, string>>>

/**
 * As `buildSchema` of a text that is known to be right, but a type is made when it is first asked for. A graph of 10,000 types has some
 * that are asked for each minute and many that never are, and to make them all took a serving thread 200 ms.
 */
export class LazySchema extends GraphQLSchema {
  readonly #texts: ReadonlyMap<string, TypeText>
  /** The standard types that the schema has, and those of its own that were asked for. */
  readonly #made: Map<string, GraphQLNamedType>
  readonly #roots: Roots
  readonly #directives: readonly GraphQLDirective[]
  readonly #implementations = new Map<string, Implementations>()
  /** Names of types by the interfaces that they implement. */
  #implementing: ReadonlyMap<string, readonly string[]> | undefined
  #all: Record<string, GraphQLNamedType> | undefined

  constructor({ types, scalars, others }: SchemaTexts) {
    const definitions = others === '' ? [] : parse(others, { noLocation: true }).definitions
    const node = definitions.find((definition) => definition.kind === Kind.SCHEMA_DEFINITION)
    super({ description: node?.description?.value, astNode: node, directives: [], assumeValid: true })
    this.#texts = types
    this.#made = new Map([...specifiedScalarTypes.filter(({ name }) => scalars.includes(name)), ...introspectionTypes].map((type) => [type.name, type]))
    this.#roots = node === undefined ? { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } : Object.fromEntries(node.operationTypes.map(({ operation, type }) => [operation, type.name.value]))
    const own = definitions.filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION).map((definition) => defineDirective(definition, this.#find))
    this.#directives = [...own, ...specifiedDirectives.filter(({ name }) => own.every((one) => one.name !== name))]
  }

  override getType(name: string): GraphQLNamedType | undefined {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    const definition = this.#texts.get(name)
    if (definition === undefined) return undefined
    const type = defineType(parse(definition.text, { noLocation: true }).definitions[0] as TypeDefinitionNode, this.#find)
    this.#made.set(name, type)
    return type
  }

  /** Makes every type that there is. */
  override getTypeMap(): Record<string, GraphQLNamedType> {
    if (this.#all !== undefined) return this.#all
    const all = Object.create(null) as Record<string, GraphQLNamedType>
    for (const name of [...this.#texts.keys(), ...this.#made.keys()]) all[name] = this.#find(name)
    this.#all = all
    return all
  }

  override getRootType(operation: OperationTypeNode): GraphQLObjectType | undefined {
    const type = this.getType(this.#roots[operation] ?? '')
    return isObjectType(type) ? type : undefined
  }

  override getQueryType(): GraphQLObjectType | undefined {
    return this.getRootType(OperationTypeNode.QUERY)
  }

  override getMutationType(): GraphQLObjectType | undefined {
    return this.getRootType(OperationTypeNode.MUTATION)
  }

  override getSubscriptionType(): GraphQLObjectType | undefined {
    return this.getRootType(OperationTypeNode.SUBSCRIPTION)
  }

  override getDirectives(): readonly GraphQLDirective[] {
    return this.#directives
  }

  override getImplementations({ name }: GraphQLInterfaceType): Implementations {
    const known = this.#implementations.get(name)
    if (known !== undefined) return known
    this.#implementing ??= implementingOf(this.#texts)
    const types = (this.#implementing.get(name) ?? []).map(this.#find)
    const found = { objects: types.filter(isObjectType), interfaces: types.filter(isInterfaceType) }
    this.#implementations.set(name, found)
    return found
  }

  readonly #find: FindType = (name) => {
    const type = this.getType(name)
    if (type === undefined) throw new Error(`Unknown type: "${name}".`)
    return type
  }
}

function implementingOf(types: ReadonlyMap<string, TypeText>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name, interfaces } of types.values()) {
    for (const one of interfaces) {
      const names = found.get(one)
      if (names === undefined) found.set(one, [name])
      else names.push(name)
    }
  }
  return found
}
