import { isCompositeType, Kind } from 'graphql'
import type { DocumentNode, FieldNode, FragmentDefinitionNode, GraphQLField, GraphQLNamedType, GraphQLSchema, SelectionSetNode } from 'graphql'
import { conditionsOf, holds } from '../../access/index.ts'

/** What a selection is read with: `@skip` and `@include` by the operation's variables. */
export interface SelectionSource {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly variables: Readonly<Record<string, unknown>>
}

export interface SelectedField {
  readonly node: FieldNode
  /** Undefined where the schema does not say, as for `__typename`. */
  readonly field: GraphQLField<unknown, unknown> | undefined
}

/** The fields of a selection in the client's order, those of fragments at their place, whatever type a value has. */
export function* selectedFields(set: SelectionSetNode, type: GraphQLNamedType, source: SelectionSource): Generator<SelectedField> {
  for (const selection of set.selections) {
    const when = conditionsOf(selection.directives)
    if (when === undefined || !holds(when, source.variables)) continue
    if (selection.kind === Kind.FIELD) {
      yield { node: selection, field: isCompositeType(type) && 'getFields' in type ? type.getFields()[selection.name.value] : undefined }
      continue
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentsOf(source.document).get(selection.name.value)
    const condition = fragment?.typeCondition === undefined ? type : source.schema.getType(fragment.typeCondition.name.value)
    if (fragment !== undefined && condition !== undefined) yield* selectedFields(fragment.selectionSet, condition, source)
  }
}

const fragments = new WeakMap<DocumentNode, ReadonlyMap<string, FragmentDefinitionNode>>()

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  let known = fragments.get(document)
  if (known === undefined) {
    known = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
    fragments.set(document, known)
  }
  return known
}
