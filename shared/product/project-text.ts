import { getNamedType, GraphQLInt, isListType, isNonNullType, isObjectType, type GraphQLOutputType, type SelectionSetNode } from 'graphql'
import { NotDirectError } from './not-direct.ts'
import { collectFields, subSelections, type SelectionContext } from './selection.ts'

/**
 * The text of a plain value under a selection: members by field name, whatever the aliases.
 *
 * @throws NotDirectError the value breaks a promise of the schema, which graphql-js has to report.
 */
export function projectText(context: SelectionContext, type: GraphQLOutputType, sets: readonly SelectionSetNode[], value: unknown): string {
  if (value === null || value === undefined) {
    if (isNonNullType(type)) throw new NotDirectError()
    return 'null'
  }
  const nullable = isNonNullType(type) ? type.ofType : type
  if (isListType(nullable)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : []
    return `[${items.map((item) => projectText(context, nullable.ofType, sets, item)).join(',')}]`
  }
  if (isObjectType(nullable)) return projectObject(context, nullable.name, sets, value)
  const isBroken = getNamedType(nullable) === GraphQLInt && typeof value === 'number' && (value > 2_147_483_647 || value < -2_147_483_648)
  if (isBroken) throw new NotDirectError()
  return JSON.stringify(value)
}

function projectObject(context: SelectionContext, typeName: string, sets: readonly SelectionSetNode[], value: unknown): string {
  const type = context.schema.getType(typeName)
  if (!isObjectType(type) || typeof value !== 'object' || value === null) throw new NotDirectError()
  const members: string[] = []
  for (const [responseKey, nodes] of collectFields(context, type, sets)) {
    const name = nodes[0]?.name.value ?? ''
    const field = type.getFields()[name]
    if (name === '__typename') members.push(`"${responseKey}":"${typeName}"`)
    else if (field === undefined) throw new NotDirectError()
    else members.push(`"${responseKey}":${projectText(context, field.type, subSelections(nodes), (value as Readonly<Record<string, unknown>>)[name])}`)
  }
  return `{${members.join(',')}}`
}
