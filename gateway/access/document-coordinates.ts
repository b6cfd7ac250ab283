import { getNamedType, isAbstractType, isObjectType, isUnionType, Kind, visit, TypeInfo, visitWithTypeInfo } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, GraphQLCompositeType, GraphQLSchema } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import type { Decider } from './decision.ts'

/**
 * Every coordinate that a decision about the document can depend on: types, fields, what they return, what they read,
 * each for every object type that can be there. Rather one too many than one too few.
 */
export function documentCoordinates(document: DocumentNode, supergraph: Supergraph): readonly string[] {
  return [...collect(document, supergraph, () => true, new Map())].sort()
}

/** Those of a document's coordinates that the decider has a say about, in an order that depends on the document only. */
export function concernedCoordinates(document: DocumentNode, supergraph: Supergraph, decider: Decider): readonly string[] {
  let bySchema = concerned.get(decider)
  if (bySchema === undefined) concerned.set(decider, (bySchema = new WeakMap()))
  let parts = bySchema.get(supergraph.apiSchema)
  if (parts === undefined) bySchema.set(supergraph.apiSchema, (parts = new Map()))
  return [...collect(document, supergraph, (coordinate) => decider.concerns(coordinate), parts)]
}

// A field of an interface stands for one of each implementation: found once per graph and rules, not once per document.
const concerned = new WeakMap<Decider, WeakMap<GraphQLSchema, Map<string, readonly string[]>>>()

function collect(document: DocumentNode, supergraph: Supergraph, wanted: (coordinate: string) => boolean, parts: Map<string, readonly string[]>): ReadonlySet<string> {
  const info = new TypeInfo(supergraph.apiSchema)
  const found = new Set<string>()
  const met = new Set<string>()
  const add = (part: string, coordinates: () => Iterable<string>): void => {
    if (met.has(part)) return
    met.add(part)
    let known = parts.get(part)
    if (known === undefined) parts.set(part, (known = [...new Set(coordinates())].filter(wanted)))
    for (const coordinate of known) found.add(coordinate)
  }
  const addType = (): void => {
    const name = info.getType()?.toString()
    if (name !== undefined) add(name, () => typeCoordinates(name, supergraph.apiSchema))
  }
  visit(document, visitWithTypeInfo(info, {
    OperationDefinition: addType,
    InlineFragment: addType,
    FragmentDefinition: addType,
    Field(node) {
      const parent = info.getParentType()
      const name = node.name.value
      if (parent === null || parent === undefined || isUnionType(parent) || name.startsWith('__')) return
      add(`${parent.name}.${name}`, () => fieldCoordinates(parent, name, supergraph))
    },
    Argument: () => false,
    Directive: () => false,
    VariableDefinition: () => false,
  }))
  return found
}

function fieldCoordinates(parent: Exclude<GraphQLCompositeType, { getTypes(): unknown }>, name: string, { apiSchema, requires }: Supergraph): Iterable<string> {
  const field = parent.getFields()[name]
  const found: string[] = []
  if (field === undefined) return found
  for (const holder of isAbstractType(parent) ? [parent, ...apiSchema.getPossibleTypes(parent)] : [parent]) {
    const coordinate = `${holder.name}.${name}`
    const own = isObjectType(holder) ? (holder.getFields()[name] ?? field) : field
    found.push(holder.name, coordinate, ...typeCoordinates(getNamedType(own.type).name, apiSchema), ...(requires.get(coordinate) ?? []))
  }
  return found
}

function typeCoordinates(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name)
  return isAbstractType(type) ? [name, ...schema.getPossibleTypes(type).map((possible) => possible.name)] : [name]
}

/** The fragments of a document, by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
}
