import { getNamedType, isAbstractType, isObjectType, Kind, SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, GraphQLField, GraphQLNamedType, GraphQLSchema, OperationDefinitionNode, SelectionSetNode } from 'graphql'
import { conditionsOf, type ResponseShape, type ShapeField, type ShapeFragment } from '../access/index.ts'

/** The shape of the answer to an operation of which nothing was denied; the document must be valid. */
export function shapeOfOperation(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): ResponseShape {
  const root = schema.getRootType(operation.operation)
  if (root === undefined || root === null) throw new TypeError(`the schema has no ${operation.operation} type`)
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return shapeOf({ schema, fragments }, operation.selectionSet, root)
}

interface Context {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

function shapeOf(context: Context, set: SelectionSetNode, parent: GraphQLNamedType): ResponseShape {
  const shape: (ShapeField | ShapeFragment)[] = []
  for (const selection of set.selections) {
    const when = conditionsOf(selection.directives)
    if (when === undefined) continue
    if (selection.kind === Kind.FIELD) {
      const field = findField(parent, selection.name.value)
      if (field === undefined) continue
      shape.push({
        kind: 'field',
        key: selection.alias?.value ?? selection.name.value,
        name: selection.name.value,
        type: field.type,
        when,
        denied: false,
        selections: selection.selectionSet === undefined ? undefined : shapeOf(context, selection.selectionSet, getNamedType(field.type)),
      })
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : context.fragments.get(selection.name.value)
    if (fragment === undefined) continue
    const condition = fragment.typeCondition === undefined ? undefined : context.schema.getType(fragment.typeCondition.name.value)
    shape.push({
      kind: 'fragment',
      types: condition === undefined ? undefined : objectTypesOf(context.schema, condition),
      when,
      selections: shapeOf(context, fragment.selectionSet, condition ?? parent),
    })
  }
  return shape
}

function findField(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
  if (!('getFields' in parent)) return undefined
  const field = parent.getFields()[name]
  return field !== undefined && 'args' in field ? field : undefined
}

function objectTypesOf(schema: GraphQLSchema, type: GraphQLNamedType): ReadonlySet<string> {
  if (isObjectType(type)) return new Set([type.name])
  return isAbstractType(type) ? new Set(schema.getPossibleTypes(type).map((possible) => possible.name)) : new Set()
}
