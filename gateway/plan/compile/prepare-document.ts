import { Kind, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type FieldNode, type GraphQLSchema, type SelectionSetNode } from 'graphql'
import type { PlanKeys } from './plan-keys.ts'

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/**
 * The document as planners understand it rightly: without introspection, with the plan's keys, and with the type asked of
 * every object of which everything else is asked under conditions. Planners put conditions that all selections of an object share onto
 * the fetch of the object itself, so that it would come out as null rather than empty.
 */
export function prepareDocument(schema: GraphQLSchema, document: DocumentNode, keys: PlanKeys): DocumentNode {
  const conditional = hasConditions(document)
  if (!conditional && keys.areClientKeys && !asksForSchema(document)) return document
  const info = new TypeInfo(schema)
  return visit(document, visitWithTypeInfo(info, {
    Field: {
      enter: (field) => {
        if (isSchemaField(field)) return TYPENAME
        const type = info.getType()
        const key = field.alias?.value ?? field.name.value
        const planned = type === undefined || type === null || field.name.value.startsWith('__') ? key : keys.keyOf({ key, name: field.name.value, type })
        return planned === key ? undefined : { ...field, alias: { kind: Kind.NAME, value: planned } }
      },
      leave: (field) => (
        conditional && field.selectionSet !== undefined ? { ...field, selectionSet: withUnconditionalField(field.selectionSet) } : undefined
      ),
    },
  }))
}

function withUnconditionalField(set: SelectionSetNode): SelectionSetNode {
  if (set.selections.some((selection) => selection.kind === Kind.FIELD && (selection.directives ?? []).length === 0)) return set
  return { ...set, selections: [TYPENAME, ...set.selections] }
}

function isSchemaField({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type'
}

function asksForSchema(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field: (field) => {
      if (isSchemaField(field)) found = true
    },
  })
  return found
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
