import {
  DirectiveLocation, getDirectiveValues, GraphQLDeprecatedDirective, GraphQLDirective, GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType,
  GraphQLOneOfDirective, GraphQLScalarType, GraphQLSpecifiedByDirective, GraphQLUnionType, Kind, valueFromAST,
  type ConstDirectiveNode, type DirectiveDefinitionNode, type EnumTypeDefinitionNode, type FieldDefinitionNode, type GraphQLArgumentConfig, type GraphQLFieldConfig,
  type GraphQLInputType, type GraphQLNamedType, type GraphQLOutputType, type GraphQLType, type InputValueDefinitionNode, type NamedTypeNode, type TypeDefinitionNode, type TypeNode,
} from 'graphql'

/** The type of a name that a definition refers to. @throws Error there is none */
export type FindType = (name: string) => GraphQLNamedType

/**
 * The type of one definition that is known to be right, as `buildASTSchema` makes it of a whole document: what it refers to is found when
 * its fields, members or interfaces are first asked for.
 */
export function defineType(node: TypeDefinitionNode, find: FindType): GraphQLNamedType {
  const named = { name: node.name.value, description: node.description?.value }
  switch (node.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
      return new GraphQLObjectType({ ...named, interfaces: () => (node.interfaces ?? []).map(interfaceIn(find)), fields: () => fieldsOf(node.fields, find), astNode: node })
    case Kind.INTERFACE_TYPE_DEFINITION:
      return new GraphQLInterfaceType({ ...named, interfaces: () => (node.interfaces ?? []).map(interfaceIn(find)), fields: () => fieldsOf(node.fields, find), astNode: node })
    case Kind.UNION_TYPE_DEFINITION:
      return new GraphQLUnionType({ ...named, types: () => (node.types ?? []).map((one) => find(one.name.value) as GraphQLObjectType), astNode: node })
    case Kind.ENUM_TYPE_DEFINITION:
      return new GraphQLEnumType({ ...named, values: valuesOf(node), astNode: node })
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return new GraphQLInputObjectType({ ...named, fields: () => inputsOf(node.fields, find), isOneOf: getDirectiveValues(GraphQLOneOfDirective, node) !== undefined, astNode: node })
    case Kind.SCALAR_TYPE_DEFINITION:
      return new GraphQLScalarType({ ...named, specifiedByURL: getDirectiveValues(GraphQLSpecifiedByDirective, node)?.['url'] as string | undefined, astNode: node })
  }
}

/** As `defineType`, of a directive; the types of its arguments are found at once. */
export function defineDirective(node: DirectiveDefinitionNode, find: FindType): GraphQLDirective {
  return new GraphQLDirective({
    name: node.name.value, description: node.description?.value, locations: node.locations.map(({ value }) => DirectiveLocation[value as keyof typeof DirectiveLocation]),
    isRepeatable: node.repeatable, args: inputsOf(node.arguments, find), astNode: node,
  })
}

function interfaceIn(find: FindType): (node: NamedTypeNode) => GraphQLInterfaceType {
  return ({ name }) => find(name.value) as GraphQLInterfaceType
}

function fieldsOf(nodes: readonly FieldDefinitionNode[] = [], find: FindType): Record<string, GraphQLFieldConfig<unknown, unknown>> {
  return record(nodes.map((node) => [node.name.value, {
    type: typeOf(node.type, find) as GraphQLOutputType, description: node.description?.value, args: inputsOf(node.arguments, find), deprecationReason: deprecationOf(node), astNode: node,
  }]))
}

function inputsOf(nodes: readonly InputValueDefinitionNode[] = [], find: FindType): Record<string, GraphQLArgumentConfig> {
  return record(nodes.map((node) => {
    const type = typeOf(node.type, find) as GraphQLInputType
    return [node.name.value, { type, description: node.description?.value, defaultValue: valueFromAST(node.defaultValue, type), deprecationReason: deprecationOf(node), astNode: node }]
  }))
}

function valuesOf({ values = [] }: EnumTypeDefinitionNode): Record<string, object> {
  return record(values.map((node) => [node.name.value, { description: node.description?.value, deprecationReason: deprecationOf(node), astNode: node }]))
}

function typeOf(node: TypeNode, find: FindType): GraphQLType {
  switch (node.kind) {
    case Kind.LIST_TYPE: return new GraphQLList(typeOf(node.type, find))
    case Kind.NON_NULL_TYPE: return new GraphQLNonNull(typeOf(node.type, find) as GraphQLOutputType & GraphQLInputType)
    case Kind.NAMED_TYPE: return find(node.name.value)
  }
}

function deprecationOf(node: { readonly directives?: readonly ConstDirectiveNode[] }): string | undefined {
  return getDirectiveValues(GraphQLDeprecatedDirective, node)?.['reason'] as string | undefined
}

/** Without a prototype: a field may be called `constructor`. */
function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries))
}
