import { Kind, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import type { ParsedOperation } from '../operation/index.ts'

/** Response keys under which an answer has objects or lists of them, level by level, whatever their types. */
export type AnswerKeys = ReadonlyMap<string, AnswerKeys>

const known = new WeakMap<OperationDefinitionNode, AnswerKeys>()

/** Where in the answers of an operation objects can be; the same object for each call of it. */
export function answerKeys({ document, operation }: ParsedOperation): AnswerKeys {
  let keys = known.get(operation)
  if (keys === undefined) {
    const fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
    known.set(operation, (keys = addKeys(new Map(), operation.selectionSet, fragments)))
  }
  return keys
}

type Growing = Map<string, Growing>

function addKeys(keys: Growing, { selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Growing {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.selectionSet === undefined) continue
      const key = (selection.alias ?? selection.name).value
      const below: Growing = keys.get(key) ?? new Map()
      keys.set(key, addKeys(below, selection.selectionSet, fragments))
      continue
    }
    const selectionSet = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)?.selectionSet
    if (selectionSet !== undefined) addKeys(keys, selectionSet, fragments)
  }
  return keys
}
