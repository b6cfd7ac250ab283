import { baseType, isEnumType, isInterfaceType, isObjectType, isScalarType, JOIN_VERSIONS, joinIdentity, parseSelectionSet, possibleRuntimeTypes } from '@apollo/federation-internals'
import type { CompositeType, FieldDefinition, InterfaceType, ObjectType, Schema, SelectionSet } from '@apollo/federation-internals'

interface JoinFieldArguments {
  readonly requires?: string
  readonly contextArguments?: readonly { readonly context: string; readonly selection: string }[]
}

/**
 * What each field makes the gateway read besides its own value (`@requires`, `@fromContext`), by coordinate,
 * with chains of such fields followed to their end. A field that reads nothing else is absent.
 */
export function buildRequiredCoordinates(schema: Schema): ReadonlyMap<string, readonly string[]> {
  const direct = directRequirements(schema)
  const closed = new Map<string, readonly string[]>()
  for (const coordinate of direct.keys()) {
    const reached = new Set<string>()
    const open = [coordinate]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const needed of direct.get(next) ?? []) {
        if (reached.has(needed)) continue
        reached.add(needed)
        open.push(needed)
      }
    }
    reached.delete(coordinate)
    if (reached.size > 0) closed.set(coordinate, [...reached].sort())
  }
  return closed
}

function directRequirements(schema: Schema): Map<string, Set<string>> {
  const joinFeature = schema.coreFeatures?.getByIdentity(joinIdentity)
  const joinField = joinFeature === undefined ? undefined : JOIN_VERSIONS.find(joinFeature.url.version)?.fieldDirective(schema)
  const direct = new Map<string, Set<string>>()
  if (joinField === undefined) return direct
  const contexts = contextTypes(schema)
  for (const type of schema.types()) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of type.fields() as readonly FieldDefinition<ObjectType | InterfaceType>[]) {
      const needed = new Set<string>()
      for (const applied of field.appliedDirectivesOf(joinField)) {
        const { requires, contextArguments } = applied.arguments() as JoinFieldArguments
        if (requires !== undefined) collect(parseSelectionSet({ parentType: type, source: requires }), type, needed)
        for (const { context, selection } of contextArguments ?? []) {
          for (const holder of contexts.get(context) ?? []) {
            needed.add(holder.name)
            collect(parseContextSelection(holder, selection), holder, needed)
          }
        }
      }
      if (needed.size > 0) addToField(direct, field, needed)
    }
  }
  return direct
}

// A field of an interface may be an `@interfaceObject`'s: then each implementation has it without a `requires` of its own.
function addToField(direct: Map<string, Set<string>>, field: FieldDefinition<ObjectType | InterfaceType>, needed: ReadonlySet<string>): void {
  const holders = isInterfaceType(field.parent) ? [field.parent, ...field.parent.possibleRuntimeTypes()] : [field.parent]
  for (const holder of holders) {
    const coordinate = `${holder.name}.${field.name}`
    direct.set(coordinate, new Set([...(direct.get(coordinate) ?? []), ...needed]))
  }
}

function collect(selectionSet: SelectionSet, parent: CompositeType, into: Set<string>): void {
  for (const selection of selectionSet.selections()) {
    if (selection.kind === 'FragmentSelection') {
      const condition = selection.element.typeCondition
      if (condition !== undefined) for (const type of possibleRuntimeTypes(condition)) into.add(type.name)
      collect(selection.selectionSet, condition ?? parent, into)
      continue
    }
    const { definition } = selection.element
    if (definition.name === '__typename') continue
    for (const holder of possibleRuntimeTypes(parent)) {
      const field = holder.field(definition.name)
      if (field === undefined) continue
      into.add(holder.name)
      into.add(`${holder.name}.${field.name}`)
      const returned = baseType(field.type as NonNullable<typeof field.type>)
      if ((isScalarType(returned) && !returned.isBuiltIn) || isEnumType(returned)) into.add(returned.name)
    }
    const returned = baseType(definition.type as NonNullable<typeof definition.type>) as CompositeType
    if (selection.selectionSet !== undefined) collect(selection.selectionSet, returned, into)
  }
}

function contextTypes(schema: Schema): Map<string, CompositeType[]> {
  const types = new Map<string, CompositeType[]>()
  const feature = schema.coreFeatures?.getByIdentity('https://specs.apollo.dev/context')
  const directive = feature === undefined ? undefined : schema.directive(feature.directiveNameInSchema('context'))
  for (const applied of directive?.applications() ?? []) {
    const { name } = applied.arguments() as { readonly name: string }
    types.set(name, [...(types.get(name) ?? []), applied.parent as CompositeType])
  }
  return types
}

// One selection serves every type that sets the context, so parts of it may concern another of them.
function parseContextSelection(holder: CompositeType, selection: string): SelectionSet {
  return parseSelectionSet({ parentType: holder, source: selection, validate: false })
}
