import { Kind, visit, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionNode, type SelectionSetNode } from 'graphql'

/**
 * The operation reduced to its root introspection fields, executable on its own; undefined when it has none.
 */
export function introspectionOf(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const selectionSet = onlyIntrospection(operation.selectionSet, fragments)
  if (selectionSet.selections.length === 0) return undefined
  const used = new Set<string>()
  const spread = new Set<string>()
  const follow = (node: SelectionSetNode): void => {
    visit(node, {
      Variable: (variable) => void used.add(variable.name.value),
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment === undefined || spread.has(name.value)) return
        spread.add(name.value)
        follow(fragment.selectionSet)
      },
    })
  }
  follow(selectionSet)
  const variableDefinitions = (operation.variableDefinitions ?? []).filter((definition) => used.has(definition.variable.name.value))
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, variableDefinitions, selectionSet }, ...[...fragments.values()].filter((fragment) => spread.has(fragment.name.value))],
  }
}

/** Root fragments are written out, since what they hold beside introspection must go. */
function onlyIntrospection(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): SelectionSetNode {
  const selections: SelectionNode[] = []
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value === '__schema' || selection.name.value === '__type') selections.push(selection)
      continue
    }
    const content = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)?.selectionSet
    const kept = content === undefined ? undefined : onlyIntrospection(content, fragments)
    if (kept === undefined || kept.selections.length === 0) continue
    selections.push({ kind: Kind.INLINE_FRAGMENT, ...(selection.directives === undefined ? {} : { directives: selection.directives }), selectionSet: kept })
  }
  return { ...set, selections }
}
