import { getNamedType, isEnumType, isInputObjectType, Kind, TypeInfo, typeFromAST, visit, visitWithTypeInfo } from 'graphql'
import type { FragmentDefinitionNode, GraphQLInputType, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import type { ParsedOperation } from '../operation/index.ts'

const documents = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>()
const MAX_VARIABLE_VALUES = 2_000

/**
 * Everything of the schema that an operation names: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`,
 * `Enum.VALUE`, in the document and in its variables. What is computed of the document is kept with it.
 */
export function operationCoordinates(parsed: ParsedOperation, schema: GraphQLSchema): ReadonlySet<string> {
  const inDocument = coordinatesInDocument(parsed, schema)
  const inVariables = variableCoordinates(parsed, schema)
  return inVariables.size === 0 ? inDocument : inDocument.union(inVariables)
}

/** Those of the document alone; the same object for each call of it. */
export function coordinatesInDocument(parsed: ParsedOperation, schema: GraphQLSchema): ReadonlySet<string> {
  let inDocument = documents.get(parsed.operation)
  if (inDocument === undefined) documents.set(parsed.operation, (inDocument = documentCoordinates(parsed, schema)))
  return inDocument
}

function documentCoordinates({ document, operation }: ParsedOperation, schema: GraphQLSchema): ReadonlySet<string> {
  const info = new TypeInfo(schema)
  const found = new Set<string>()
  const visitor = visitWithTypeInfo(info, {
    Field(node) {
      const parent = info.getParentType()
      const type = info.getType()
      if (parent === null || parent === undefined || node.name.value.startsWith('__')) return
      found.add(parent.name)
      found.add(`${parent.name}.${node.name.value}`)
      if (type !== null && type !== undefined) found.add(getNamedType(type).name)
      for (const argument of node.arguments ?? []) found.add(`${parent.name}.${node.name.value}(${argument.name.value}:)`)
    },
    ObjectField(node) {
      const parent = info.getParentInputType()
      if (parent !== null && parent !== undefined) found.add(`${getNamedType(parent).name}.${node.name.value}`)
    },
    EnumValue(node) {
      const type = info.getInputType()
      if (type !== null && type !== undefined) found.add(`${getNamedType(type).name}.${node.value}`)
    },
    NamedType(node) {
      found.add(node.name.value)
    },
  })
  for (const definition of executed(operation, document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION))) visit(definition, visitor)
  return found
}

/** The operation and the fragments that it uses. */
function executed(operation: OperationDefinitionNode, fragments: readonly FragmentDefinitionNode[]): ReadonlySet<OperationDefinitionNode | FragmentDefinitionNode> {
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const used = new Set<OperationDefinitionNode | FragmentDefinitionNode>([operation])
  for (const definition of used) {
    visit(definition, {
      FragmentSpread({ name }) {
        const fragment = byName.get(name.value)
        // A set that grows while it is walked is walked to its end.
        if (fragment !== undefined) used.add(fragment)
      },
    })
  }
  return used
}

function variableCoordinates({ operation, variables }: ParsedOperation, schema: GraphQLSchema): ReadonlySet<string> {
  const found = new Set<string>()
  const open: { readonly type: GraphQLInputType; readonly value: unknown }[] = []
  for (const { variable, type: node } of operation.variableDefinitions ?? []) {
    const type = typeFromAST(schema, node)
    if (type !== undefined && Object.hasOwn(variables, variable.name.value)) open.push({ type: type as GraphQLInputType, value: variables[variable.name.value] })
  }
  let left = MAX_VARIABLE_VALUES
  for (let next = open.pop(); next !== undefined && left > 0; next = open.pop(), left--) {
    const { type, value } = next
    const named = getNamedType(type)
    if (Array.isArray(value)) {
      for (const element of value.slice(0, left)) open.push({ type: named, value: element as unknown })
    } else if (isInputObjectType(named) && typeof value === 'object' && value !== null) {
      const fields = named.getFields()
      for (const [name, below] of Object.entries(value)) {
        const field = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (field === undefined) continue
        found.add(`${named.name}.${name}`)
        open.push({ type: field.type, value: below as unknown })
      }
    } else if (isEnumType(named) && value !== null && value !== undefined) {
      const chosen = named.getValues().find((one) => one.value === value)
      if (chosen !== undefined) found.add(`${named.name}.${chosen.name}`)
    }
  }
  return found
}
