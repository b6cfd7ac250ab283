import { Kind, parse, valueFromASTUntyped, type SelectionSetNode } from 'graphql'

/** One field of a set as `@requires` and `@key` have them. */
export interface FieldSetEntry {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly selections: readonly FieldSetEntry[] | undefined
}

const parsed = new Map<string, readonly FieldSetEntry[]>()

export function parseFieldSet(text: string): readonly FieldSetEntry[] {
  let entries = parsed.get(text)
  if (entries === undefined) {
    const [definition] = parse(`{${text}}`, { noLocation: true }).definitions
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('not a field set')
    entries = entriesOf(definition.selectionSet)
    parsed.set(text, entries)
  }
  return entries
}

function entriesOf(set: SelectionSetNode): readonly FieldSetEntry[] {
  return set.selections.flatMap((selection) => (selection.kind !== Kind.FIELD ? [] : [{
    name: selection.name.value,
    args: Object.fromEntries((selection.arguments ?? []).map((argument) => [argument.name.value, valueFromASTUntyped(argument.value)])),
    selections: selection.selectionSet === undefined ? undefined : entriesOf(selection.selectionSet),
  }]))
}
