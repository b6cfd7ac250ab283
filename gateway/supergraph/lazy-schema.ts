import {
  GraphQLSchema, introspectionTypes, isInterfaceType, isObjectType, Kind, parse, specifiedDirectives, specifiedScalarTypes,
  type ConstDirectiveNode, type DefinitionNode, type EnumTypeDefinitionNode, type EnumValueDefinitionNode, type FieldDefinitionNode, type GraphQLInterfaceType,
  type GraphQLNamedType, type GraphQLObjectType, type InterfaceTypeDefinitionNode, type NamedTypeNode, type NameNode, type StringValueNode, type TypeDefinitionNode,
  type UnionTypeDefinitionNode,
} from 'graphql'
// What `buildASTSchema` itself is made of: it asks each definition for everything at once.
import { extendSchemaImpl } from 'graphql/utilities/extendSchema.js'

/** A type of a schema as it crosses processes: what the schema has to know of it at once, and its text for when somebody asks for it. */
export interface TypeText {
  readonly name: string
  readonly kind: TypeDefinitionNode['kind']
  readonly description: string | undefined
  readonly interfaces: readonly string[]
  readonly text: string
}

/** The parts of a schema: its own types, the specified scalars that it uses, and the definitions of its directives and, where it has one, of itself. */
export interface SchemaTexts {
  readonly types: readonly TypeText[]
  readonly scalars: readonly string[]
  /** SDL; may be empty. */
  readonly others: string
}

/**
 * As `buildSchema` of a text that is known to be right, but a type's fields are read when they are first asked for. A graph of 10,000
 * types has some that are asked for each minute and many that never are, and to make them all took a serving thread 200 ms, half of it
 * to tidy up behind it.
 *
 * Knows the inside of `GraphQLSchema` of graphql 16.15, which collects every field of every type when it is made: a test compares both.
 */
export function createLazySchema({ types, scalars, others }: SchemaTexts): GraphQLSchema {
  const definitions = [...types.map((type) => new LazyDefinition(type) as unknown as DefinitionNode), ...(others === '' ? [] : parse(others, { noLocation: true }).definitions)]
  const none = { ...new GraphQLSchema({ assumeValid: true }).toConfig(), directives: [] }
  const config = extendSchemaImpl(none, { kind: Kind.DOCUMENT, definitions }, { assumeValid: true })
  const own = new Set(config.directives.map(({ name }) => name))
  const directives = [...config.directives, ...specifiedDirectives.filter(({ name }) => !own.has(name))]
  const named = emptyRecord<GraphQLNamedType>()
  for (const type of config.types) named[type.name] = type
  for (const scalar of specifiedScalarTypes) if (scalars.includes(scalar.name)) named[scalar.name] = scalar
  for (const type of introspectionTypes) named[type.name] = type
  const root = (given: GraphQLObjectType | null | undefined, name: string): GraphQLObjectType | undefined => {
    const type = given ?? named[name]
    return isObjectType(type) ? type : undefined
  }
  const schema = new GraphQLSchema({ ...config, types: [], query: null, mutation: null, subscription: null, directives, assumeValid: true })
  return Object.assign(schema, {
    _queryType: root(config.query, 'Query'),
    _mutationType: root(config.mutation, 'Mutation'),
    _subscriptionType: root(config.subscription, 'Subscription'),
    _typeMap: named,
    _implementationsMap: implementationsOf(types, named),
  })
}

type WholeDefinition = Pick<InterfaceTypeDefinitionNode, 'directives' | 'fields'> & Pick<UnionTypeDefinitionNode, 'types'> & Pick<EnumTypeDefinitionNode, 'values'>

/** A definition that is parsed when something of it is asked for that its head does not say. */
class LazyDefinition {
  readonly kind: TypeText['kind']
  readonly name: NameNode
  readonly description: StringValueNode | undefined
  readonly #type: TypeText
  #parsed: WholeDefinition | undefined

  constructor(type: TypeText) {
    this.kind = type.kind
    this.name = nameNode(type.name)
    this.description = type.description === undefined ? undefined : { kind: Kind.STRING, value: type.description }
    this.#type = type
  }

  get interfaces(): readonly NamedTypeNode[] {
    return this.#type.interfaces.map((name) => ({ kind: Kind.NAMED_TYPE, name: nameNode(name) }))
  }

  get directives(): readonly ConstDirectiveNode[] | undefined {
    return this.#type.text.includes('@') ? this.#whole().directives : undefined
  }

  get fields(): readonly FieldDefinitionNode[] | undefined {
    return this.#whole().fields
  }

  get types(): readonly NamedTypeNode[] | undefined {
    return this.#whole().types
  }

  get values(): readonly EnumValueDefinitionNode[] | undefined {
    return this.#whole().values
  }

  /** Whichever kind it is: it is asked only for what that kind has. */
  #whole(): WholeDefinition {
    this.#parsed ??= parse(this.#type.text, { noLocation: true }).definitions[0] as unknown as WholeDefinition
    return this.#parsed
  }
}

function nameNode(value: string): NameNode {
  return { kind: Kind.NAME, value }
}

interface Implementations {
  readonly objects: GraphQLObjectType[]
  readonly interfaces: GraphQLInterfaceType[]
}

function implementationsOf(types: readonly TypeText[], named: Readonly<Record<string, GraphQLNamedType>>): Readonly<Record<string, Implementations>> {
  const found = emptyRecord<Implementations>()
  for (const { name, interfaces } of types) {
    for (const one of interfaces) {
      const known = (found[one] ??= { objects: [], interfaces: [] })
      const type = named[name]
      if (isObjectType(type)) known.objects.push(type)
      else if (isInterfaceType(type)) known.interfaces.push(type)
    }
  }
  return found
}

function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>
}
