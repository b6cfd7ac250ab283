import { getNamedType, isAbstractType, isCompositeType, isObjectType, Kind, visit, TypeInfo, visitWithTypeInfo } from 'graphql'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'

/**
 * Every coordinate that a decision about the document can depend on: types, fields, what they return, what they read,
 * each for every object type that can be there. Rather one too many than one too few.
 */
export function documentCoordinates(document: DocumentNode, supergraph: Supergraph): readonly string[] {
  const schema = supergraph.apiSchema
  const info = new TypeInfo(schema)
  const found = new Set<string>()
  visit(document, visitWithTypeInfo(info, {
    OperationDefinition() {
      addType(info.getType()?.toString(), schema, found)
    },
    InlineFragment() {
      addType(info.getType()?.toString(), schema, found)
    },
    FragmentDefinition() {
      addType(info.getType()?.toString(), schema, found)
    },
    Field(node) {
      const parent = info.getParentType()
      const field = info.getFieldDef()
      if (parent === null || parent === undefined || field === null || field === undefined || node.name.value.startsWith('__')) return
      for (const holder of isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]) {
        found.add(holder.name)
        found.add(`${holder.name}.${field.name}`)
        const own = isObjectType(holder) ? (holder.getFields()[field.name] ?? field) : field
        addType(getNamedType(own.type).name, schema, found)
        for (const needed of supergraph.requires.get(`${holder.name}.${field.name}`) ?? []) found.add(needed)
      }
    },
    Argument: () => false,
    Directive: () => false,
    VariableDefinition: () => false,
  }))
  return [...found].sort()
}

function addType(name: string | undefined, schema: GraphQLSchema, into: Set<string>): void {
  const type = name === undefined ? undefined : schema.getType(name)
  if (type === undefined) return
  into.add(type.name)
  if (isCompositeType(type) && isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) into.add(possible.name)
}

/** The fragments of a document, by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, Extract<DocumentNode['definitions'][number], { kind: Kind.FRAGMENT_DEFINITION }>> {
  return new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
}
