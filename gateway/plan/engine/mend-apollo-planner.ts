import { baseType, federationMetadata, isCompositeType, SelectionSet, type CompositeType } from '@apollo/federation-internals'

/**
 * Runs Apollo's planner with one of its questions answered rightly: whether a selection can be asked of a type in some
 * subgraph. It says yes to `@external` fields, which are declared there and not answered, so that a requirement of a
 * requirement is asked of the subgraph that has it declared only: with `a.first @requires(raw)`, `b.raw` and
 * `b.second @requires(first)`, `{ fromA { second } }` becomes `a { raw first }`, one request that a cannot answer.
 *
 * With `isCautious` it says no to selections of nothing, too: the planner then puts no requirement into the request that
 * leads to the entity. Such plans are right where the usual ones are not, but longer, and often there is none.
 *
 * The question is put back afterwards, so that nobody else in this process gets other answers than before.
 */
export function withMendedPlanner<T>(plan: () => T, { isCautious }: { readonly isCautious: boolean }): T {
  const { prototype } = SelectionSet
  // Called with the selection that it is asked of.
  // oxlint-disable-next-line typescript/unbound-method
  const original = prototype.canRebaseOn
  prototype.canRebaseOn = function canRebaseOn(this: SelectionSet, type: CompositeType): boolean {
    return (!isCautious || !this.isEmpty()) && original.call(this, type) && !asksForExternal(this, type)
  }
  try {
    return plan()
  } finally {
    prototype.canRebaseOn = original
  }
}

function asksForExternal(set: SelectionSet, type: CompositeType): boolean {
  const metadata = federationMetadata(type.schema())
  if (metadata === undefined) return false
  return set.selections().some((selection) => {
    if (selection.kind === 'FragmentSelection') {
      const condition = selection.element.typeCondition === undefined ? type : type.schema().type(selection.element.typeCondition.name)
      return condition !== undefined && isCompositeType(condition) && asksForExternal(selection.selectionSet, condition)
    }
    const field = type.kind === 'UnionType' ? undefined : type.field(selection.element.name)
    if (field === undefined) return false
    if (field.kind === 'FieldDefinition' && metadata.isFieldExternal(field) && !metadata.isFieldFakeExternal(field)) return true
    const inner = field.type === undefined ? undefined : baseType(field.type)
    return selection.selectionSet !== undefined && inner !== undefined && isCompositeType(inner) && asksForExternal(selection.selectionSet, inner)
  })
}
