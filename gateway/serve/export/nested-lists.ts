import { GatewayError } from '@polyseme/kit/errors'
import { getNamedType, getNullableType, isListType, isObjectType, Kind } from 'graphql'
import type { FieldNode, GraphQLField, GraphQLNamedType, GraphQLOutputType } from 'graphql'
import { selectedFields, type SelectedField, type SelectionSource } from './selected-fields.ts'

/**
 * A list with pages below a row would stand in the file with its first page only, and nothing in the file would say so.
 * It needs a `first` or `last` of the client's own; more than the list gives in a page is refused by its domain.
 *
 * @throws BAD_USER_INPUT
 */
export function assertNestedListsBounded(row: { readonly type: GraphQLOutputType; readonly field: FieldNode }, source: SelectionSource): void {
  assertBounded(row.field, getNamedType(row.type), source)
}

function assertBounded({ selectionSet }: FieldNode, type: GraphQLNamedType, source: SelectionSource): void {
  if (selectionSet === undefined) return
  for (const { node, field } of selectedFields(selectionSet, type, source)) {
    if (field === undefined) continue
    if (hasPages(field) && takesRows(node, field, source) && !isBounded(node, source)) {
      const name = node.name.value
      throw new GatewayError('BAD_USER_INPUT', `\`${name}\` below a row would be cut at its first page: add \`first: N\` to \`${name}\`, or export it as a list of its own`)
    }
    assertBounded(node, getNamedType(field.type), source)
  }
}

function hasPages({ args, type }: GraphQLField<unknown, unknown>): boolean {
  const connection = getNullableType(type)
  const info = isObjectType(connection) ? getNamedType(connection.getFields()['pageInfo']?.type) : undefined
  return isObjectType(info) && info.getFields()['hasNextPage'] !== undefined && args.some(({ name }) => name === 'first' || name === 'last')
}

/** `totalCount` alone is never cut. */
function takesRows(node: FieldNode, { type }: GraphQLField<unknown, unknown>, source: SelectionSource): boolean {
  const isList = ({ field }: SelectedField): boolean => field !== undefined && isListType(getNullableType(field.type))
  return node.selectionSet !== undefined && selectedFields(node.selectionSet, getNamedType(type), source).some(isList)
}

/** Null, also that of a variable, is the same as nothing: the list's own default. */
function isBounded({ arguments: given = [] }: FieldNode, { variables }: SelectionSource): boolean {
  return given.some(({ name, value }) => (name.value === 'first' || name.value === 'last')
    && (value.kind === Kind.VARIABLE ? (variables[value.name.value] ?? undefined) !== undefined : value.kind !== Kind.NULL))
}
