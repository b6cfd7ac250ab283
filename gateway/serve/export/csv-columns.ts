import { getNamedType, getNullableType, isAbstractType, isCompositeType, isListType, Kind } from 'graphql'
import type { DocumentNode, FieldNode, FragmentDefinitionNode, GraphQLNamedType, GraphQLOutputType, GraphQLSchema, SelectionSetNode } from 'graphql'
import { conditionsOf, holds } from '../../access/index.ts'

/** A column of a CSV file. */
export interface CsvColumn {
  /** Response keys from the row, joined by dots: `region.name`. */
  readonly name: string
  readonly path: readonly string[]
  /** `json`: lists, and objects whose fields are not known. */
  readonly kind: 'number' | 'boolean' | 'text' | 'json'
}

export interface ColumnSource {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly variables: Readonly<Record<string, unknown>>
}

/** Scalars whose values are numbers, some of them written as text. */
const NUMBER_SCALARS: ReadonlySet<string> = new Set(['Int', 'Float', 'BigInt', 'Decimal'])

/**
 * The columns of a row, in the client's order: objects are flattened, lists stand in one column as JSON. A fragment's
 * fields are columns whatever type a row has; they are empty where it does not apply.
 */
export function columnsOf(row: { readonly type: GraphQLOutputType; readonly field: FieldNode }, source: ColumnSource): readonly CsvColumn[] {
  const fragments = new Map(source.document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
  return new ColumnFinder(source, fragments).of(row.field.selectionSet, getNamedType(row.type), [])
}

interface Asked {
  readonly type: GraphQLOutputType | undefined
  readonly isTypename: boolean
  readonly sets: SelectionSetNode[]
}

class ColumnFinder {
  readonly #source: ColumnSource
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(source: ColumnSource, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#source = source
    this.#fragments = fragments
  }

  of(set: SelectionSetNode | undefined, type: GraphQLNamedType, path: readonly string[]): readonly CsvColumn[] {
    return this.#columns(set === undefined ? [] : [set], type, path)
  }

  #columns(sets: readonly SelectionSetNode[], type: GraphQLNamedType, path: readonly string[]): readonly CsvColumn[] {
    const asked = new Map<string, Asked>()
    for (const set of sets) this.#collect(set, type, asked)
    return [...asked].flatMap(([key, { type: fieldType, isTypename, sets: below }]) => {
      const here = [...path, key]
      const value = fieldType === undefined ? undefined : getNullableType(fieldType)
      const column = (kind: CsvColumn['kind']): readonly CsvColumn[] => [{ name: here.join('.'), path: here, kind }]
      if (isTypename) return column('text')
      if (value === undefined || isListType(value)) return column('json')
      if (isCompositeType(value)) return this.#columns(below, value, here)
      return column(NUMBER_SCALARS.has(value.name) ? 'number' : value.name === 'Boolean' ? 'boolean' : 'text')
    })
  }

  #collect(set: SelectionSetNode, type: GraphQLNamedType, asked: Map<string, Asked>): void {
    for (const selection of set.selections) {
      const when = conditionsOf(selection.directives)
      if (when === undefined || !holds(when, this.#source.variables)) continue
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
        const condition = fragment?.typeCondition === undefined ? type : this.#source.schema.getType(fragment.typeCondition.name.value)
        if (fragment !== undefined && condition !== undefined) this.#collect(fragment.selectionSet, condition, asked)
        continue
      }
      const key = selection.alias?.value ?? selection.name.value
      const known = asked.get(key)
      const sets = selection.selectionSet === undefined ? [] : [selection.selectionSet]
      if (known !== undefined) known.sets.push(...sets)
      else asked.set(key, { type: fieldType(type, selection.name.value), isTypename: selection.name.value === '__typename', sets })
    }
  }
}

function fieldType(type: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
  const field = isCompositeType(type) && (!isAbstractType(type) || 'getFields' in type) && 'getFields' in type ? type.getFields()[name] : undefined
  return field === undefined || !('args' in field) ? undefined : field.type
}
