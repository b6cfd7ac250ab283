import { Kind, print, stripIgnoredCharacters, visit, type ASTNode, type FieldNode, type SelectionSetNode } from 'graphql'
import type { FetchUnit } from './fetch-unit.ts'

/** The fixed part of one request to a subgraph. */
export interface RequestText {
  readonly text: string
  readonly name: string | undefined
  readonly kind: 'query' | 'mutation'
}

/** A request for several entity fetches, and the keys and variables of each. */
export interface JoinedRequest {
  readonly operation: RequestText
  readonly parts: readonly { readonly key: string; readonly variable: string }[]
  /** The client's variables that it passes on. */
  readonly variables: readonly string[]
}

/** An entity fetch as text, ready to be put into a request with others. */
export interface EntityFieldText {
  /** Selections of `_entities`, compact. */
  readonly selection: string
  readonly variableDefinitions: ReadonlyMap<string, string>
}

/** Writes out an entity field of a fetch, fragments spread in place so that names cannot meet. */
export function entityFieldText(unit: FetchUnit, selection: SelectionSetNode, representations: string): EntityFieldText {
  const inlined = inlineFragments(selection, unit)
  const used = new Set<string>()
  visit(inlined, { Variable: (variable) => void used.add(variable.name.value) })
  const variableDefinitions = new Map<string, string>()
  for (const definition of unit.operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value
    if (name !== representations && used.has(name)) variableDefinitions.set(name, compact(definition))
  }
  return { selection: compact(inlined), variableDefinitions }
}

/** The same field with some of its variables under other names. */
export function withSuffixedVariables(field: EntityFieldText, names: readonly string[], suffix: string): EntityFieldText {
  if (names.length === 0) return field
  const pattern = new RegExp(`\\$(${names.join('|')})\\b`, 'g')
  const renamed = (text: string): string => text.replaceAll(pattern, (name) => name + suffix)
  return {
    selection: renamed(field.selection),
    variableDefinitions: new Map([...field.variableDefinitions].map(([name, text]) => [names.includes(name) ? name + suffix : name, renamed(text)])),
  }
}

/** One operation with one `_entities` field for each fetch. */
export function joinEntityFields(name: string | undefined, fields: readonly EntityFieldText[]): JoinedRequest {
  const definitions = new Map<string, string>()
  for (const field of fields) for (const [variable, text] of field.variableDefinitions) definitions.set(variable, text)
  const alone = fields.length === 1
  const parts = fields.map((_field, index) => (
    alone ? { key: '_entities', variable: 'representations' } : { key: `_entities${index}`, variable: `representations${index}` }
  ))
  const variables = parts.map((part) => `$${part.variable}:[_Any!]!`).concat([...definitions.values()]).join(',')
  const selections = fields.map((field, index) => {
    const { key, variable } = parts[index] ?? { key: '', variable: '' }
    return `${alone ? '' : `${key}:`}_entities(representations:$${variable})${field.selection}`
  }).join(' ')
  return {
    operation: { text: `query${name === undefined ? '' : ` ${name}`}(${variables}){${selections}}`, name, kind: 'query' },
    parts,
    variables: [...definitions.keys()],
  }
}

function inlineFragments(set: SelectionSetNode, unit: FetchUnit): SelectionSetNode {
  return {
    ...set,
    selections: set.selections.map((selection) => {
      if (selection.kind === Kind.FIELD) return withSelections(selection, unit)
      if (selection.kind === Kind.INLINE_FRAGMENT) return { ...selection, selectionSet: inlineFragments(selection.selectionSet, unit) }
      const fragment = unit.fragments.get(selection.name.value)
      if (fragment === undefined) throw new TypeError('the planner spread a fragment that it did not define')
      return {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: fragment.typeCondition,
        ...(selection.directives === undefined ? {} : { directives: selection.directives }),
        selectionSet: inlineFragments(fragment.selectionSet, unit),
      }
    }),
  }
}

function withSelections(field: FieldNode, unit: FetchUnit): FieldNode {
  return field.selectionSet === undefined ? field : { ...field, selectionSet: inlineFragments(field.selectionSet, unit) }
}

function compact(node: ASTNode): string {
  return stripIgnoredCharacters(print(node))
}
