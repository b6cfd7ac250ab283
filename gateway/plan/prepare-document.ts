import { Kind, visit, type DocumentNode, type FieldNode, type SelectionSetNode } from 'graphql'

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/**
 * The document as planners understand it rightly.
 *
 * Planners put the conditions that all selections of an object share onto the fetch of the object itself, so that an
 * object of which nothing is asked in the end comes out as null rather than empty. Asking for its type unconditionally
 * keeps the fetch.
 */
export function prepareDocument(document: DocumentNode): DocumentNode {
  if (!hasConditions(document)) return document
  return visit(document, {
    Field: {
      leave: (field) => (field.selectionSet === undefined ? undefined : { ...field, selectionSet: withUnconditionalField(field.selectionSet) }),
    },
  })
}

function withUnconditionalField(set: SelectionSetNode): SelectionSetNode {
  if (set.selections.some((selection) => selection.kind === Kind.FIELD && (selection.directives ?? []).length === 0)) return set
  return { ...set, selections: [TYPENAME, ...set.selections] }
}

function hasConditions(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Directive: ({ name }) => {
      if (name.value === 'skip' || name.value === 'include') found = true
    },
  })
  return found
}
