import { getNamedType, getNullableType, isCompositeType, isListType } from 'graphql'
import type { FieldNode, GraphQLNamedType, GraphQLOutputType, SelectionSetNode } from 'graphql'
import { selectedFields, type SelectionSource } from './selected-fields.ts'

/** A column of a CSV file. */
export interface CsvColumn {
  /** Response keys from the row, joined by dots: `region.name`. */
  readonly name: string
  readonly path: readonly string[]
  /** `json`: lists, and objects whose fields are not known. */
  readonly kind: 'number' | 'boolean' | 'text' | 'json'
}

/** Scalars whose values are numbers, some of them written as text. */
const NUMBER_SCALARS: ReadonlySet<string> = new Set(['Int', 'Float', 'BigInt', 'Decimal'])

/**
 * The columns of a row, in the client's order: objects are flattened, lists stand in one column as JSON. A fragment's
 * fields are columns whatever type a row has; they are empty where it does not apply.
 */
export function columnsOf(row: { readonly type: GraphQLOutputType; readonly field: FieldNode }, source: SelectionSource): readonly CsvColumn[] {
  return columns(row.field.selectionSet === undefined ? [] : [row.field.selectionSet], { type: getNamedType(row.type), path: [] }, source)
}

interface Asked {
  readonly type: GraphQLOutputType | undefined
  readonly isTypename: boolean
  readonly sets: SelectionSetNode[]
}

function columns(sets: readonly SelectionSetNode[], { type, path }: { readonly type: GraphQLNamedType; readonly path: readonly string[] }, source: SelectionSource): readonly CsvColumn[] {
  return [...askedOf(sets, type, source)].flatMap(([key, { type: fieldType, isTypename, sets: below }]) => {
    const here = [...path, key]
    const value = fieldType === undefined ? undefined : getNullableType(fieldType)
    const column = (kind: CsvColumn['kind']): readonly CsvColumn[] => [{ name: here.join('.'), path: here, kind }]
    if (isTypename) return column('text')
    if (value === undefined || isListType(value)) return column('json')
    if (isCompositeType(value)) return columns(below, { type: value, path: here }, source)
    return column(NUMBER_SCALARS.has(value.name) ? 'number' : value.name === 'Boolean' ? 'boolean' : 'text')
  })
}

/** By response key: what is asked of it, wherever it stands. */
function askedOf(sets: readonly SelectionSetNode[], type: GraphQLNamedType, source: SelectionSource): ReadonlyMap<string, Asked> {
  const asked = new Map<string, Asked>()
  for (const set of sets) {
    for (const { node, field } of selectedFields(set, type, source)) {
      const key = node.alias?.value ?? node.name.value
      const below = node.selectionSet === undefined ? [] : [node.selectionSet]
      const known = asked.get(key)
      if (known !== undefined) known.sets.push(...below)
      else asked.set(key, { type: field?.type, isTypename: node.name.value === '__typename', sets: below })
    }
  }
  return asked
}
