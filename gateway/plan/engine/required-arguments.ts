import { Kind, parse, print, visit, type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, type FieldNode, type SelectionSetNode, type TypeNode } from 'graphql'
import type { PlanNode, RequiredSelection } from '../plan-node.ts'
import type { SupergraphText } from './supergraph-text.ts'

/** A field that stands for another one with certain arguments, in the supergraph that a planner is given. */
interface StandIn {
  readonly name: string
  readonly fieldNode: FieldNode
}

/** A supergraph in which fields that are required with arguments have names of their own, and the way back. */
export interface SeparatedSupergraph {
  readonly document: DocumentNode
  /** The plan with the fields' own names and arguments again, under the names that they had meanwhile. */
  readonly restored: (plan: PlanNode | undefined) => PlanNode | undefined
}

/**
 * Planners take one field with different arguments for one field: where two `@requires` differ in arguments only, or a
 * client asks with others, one value serves all. So each `field(argument: 1)` of a `@requires` becomes a field of its own
 * for the planner, and an alias in its fetches.
 */
export function separateRequiredArguments({ sdl, document }: SupergraphText): SeparatedSupergraph {
  if (!/requires: "[^"]*\(/.test(sdl)) return { document, restored: (plan) => plan }
  const separator = new Separator(document)
  return { document: separator.separated(), restored: (plan) => (plan === undefined ? undefined : restorePlan(plan, separator.standIns)) }
}

const MARK = '__required'

class Separator {
  readonly standIns = new Map<string, StandIn>()
  readonly #document: DocumentNode
  readonly #types = new Map<string, ReadonlyMap<string, FieldDefinitionNode>>()
  /** Object types only: an interface's field would have to be one of all that implement it. */
  readonly #objects = new Set<string>()
  readonly #added = new Map<string, Map<string, FieldDefinitionNode>>()

  constructor(document: DocumentNode) {
    this.#document = document
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
      this.#types.set(definition.name.value, new Map((definition.fields ?? []).map((field) => [field.name.value, field])))
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) this.#objects.add(definition.name.value)
    }
  }

  separated(): DocumentNode {
    const rewritten = visit(this.#document, {
      ObjectTypeDefinition: (type) => ({ ...type, fields: (type.fields ?? []).map((field) => this.#withSets(type.name.value, field)) }),
      InterfaceTypeDefinition: (type) => ({ ...type, fields: (type.fields ?? []).map((field) => this.#withSets(type.name.value, field)) }),
    })
    return visit(rewritten, {
      ObjectTypeDefinition: (type) => ({ ...type, fields: [...type.fields ?? [], ...[...this.#added.get(type.name.value)?.values() ?? []].map((field) => this.#withSets(type.name.value, field))] }),
    })
  }

  #withSets(type: string, field: FieldDefinitionNode): FieldDefinitionNode {
    return { ...field, directives: (field.directives ?? []).map((directive) => this.#withSet(type, directive)) }
  }

  #withSet(type: string, directive: ConstDirectiveNode): ConstDirectiveNode {
    if (directive.name.value !== 'join__field') return directive
    return {
      ...directive,
      arguments: (directive.arguments ?? []).map((argument) => {
        if (argument.name.value !== 'requires' || argument.value.kind !== Kind.STRING || !argument.value.value.includes('(')) return argument
        const [definition] = parse(`{${argument.value.value}}`, { noLocation: true }).definitions
        if (definition?.kind !== Kind.OPERATION_DEFINITION) return argument
        const value = print(this.#separated(type, definition.selectionSet)).replaceAll(/\s+/g, ' ').slice(1, -1).trim()
        return { ...argument, value: { kind: Kind.STRING, value } }
      }),
    }
  }

  #separated(type: string, set: SelectionSetNode): SelectionSetNode {
    return {
      ...set,
      selections: set.selections.map((selection) => {
        if (selection.kind === Kind.INLINE_FRAGMENT) return { ...selection, selectionSet: this.#separated(selection.typeCondition?.name.value ?? type, selection.selectionSet) }
        const definition = selection.kind === Kind.FIELD ? this.#types.get(type)?.get(selection.name.value) : undefined
        if (selection.kind !== Kind.FIELD || definition === undefined) return selection
        const selectionSet = selection.selectionSet === undefined ? undefined : this.#separated(nameOf(definition.type), selection.selectionSet)
        const field = selectionSet === undefined ? selection : { ...selection, selectionSet }
        if ((field.arguments ?? []).length === 0 || !this.#objects.has(type)) return field
        return { ...field, name: { kind: Kind.NAME, value: this.#standIn(type, definition, field) }, arguments: [] }
      }),
    }
  }

  #standIn(type: string, definition: FieldDefinitionNode, { name, arguments: given }: FieldNode): string {
    const own = this.#added.get(type) ?? new Map<string, FieldDefinitionNode>()
    this.#added.set(type, own)
    const fieldNode: FieldNode = { kind: Kind.FIELD, name, ...(given === undefined ? {} : { arguments: given }) }
    const text = print(fieldNode)
    const known = [...own.keys()].find((one) => print(this.standIns.get(one)?.fieldNode ?? fieldNode) === text && this.standIns.get(one)?.name === name.value)
    if (known !== undefined) return known
    const standIn = `${name.value}${MARK}${this.standIns.size}`
    this.standIns.set(standIn, { name: name.value, fieldNode })
    own.set(standIn, { ...definition, name: { kind: Kind.NAME, value: standIn }, arguments: [] })
    return standIn
  }
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}

function restorePlan(node: PlanNode, standIns: ReadonlyMap<string, StandIn>): PlanNode {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return { ...node, nodes: node.nodes.map((child) => restorePlan(child, standIns)) }
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue === undefined ? undefined : restorePlan(node.whenTrue, standIns),
        whenFalse: node.whenFalse === undefined ? undefined : restorePlan(node.whenFalse, standIns),
      }
    case 'fetch':
      return {
        ...node,
        text: node.text.includes(MARK) ? restoreText(node.text, standIns) : node.text,
        parts: node.parts.map((part) => ({ ...part, requires: part.requires.map((selection) => restoreRequired(selection, standIns)) })),
      }
    default:
      return node
  }
}

function restoreText(text: string, standIns: ReadonlyMap<string, StandIn>): string {
  return print(visit(parse(text, { noLocation: true }), {
    Field: {
      leave: (field) => {
        const standIn = standIns.get(field.name.value)
        return standIn === undefined ? undefined : { ...field, ...standIn.fieldNode, alias: field.alias ?? field.name }
      },
    },
  }))
}

function restoreRequired(selection: RequiredSelection, standIns: ReadonlyMap<string, StandIn>): RequiredSelection {
  if (selection.kind === 'type') return { ...selection, selections: selection.selections.map((inner) => restoreRequired(inner, standIns)) }
  const name = standIns.get(selection.name)?.name ?? selection.name
  return { ...selection, as: selection.as === selection.name ? name : selection.as, name, selections: selection.selections?.map((inner) => restoreRequired(inner, standIns)) }
}
