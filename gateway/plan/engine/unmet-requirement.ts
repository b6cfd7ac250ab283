import { Kind, OperationTypeNode, parse, type ConstDirectiveNode, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode, type TypeNode } from 'graphql'
import type { FetchNode, PlanNode, RequiredSelection } from '../plan-node.ts'

/** Finds fields that a plan asks of a subgraph without what the subgraph computes them from. */
export class RequirementCheck {
  /** Required fields, by graph, type and field. */
  readonly #required = new Map<string, ReadonlySet<string>>()
  /** Types of fields, by type and field. */
  readonly #types = new Map<string, string>()
  /** Fields that some field of a graph gives along with what it returns, by graph, type and field. */
  readonly #provided = new Set<string>()
  /** Names of graphs as the supergraph spells them, by the subgraph's name. */
  readonly #graphs = new Map<string, string>()

  constructor(supergraph: DocumentNode) {
    const provided: { readonly graph: string | undefined; readonly type: string; readonly set: SelectionSetNode | undefined }[] = []
    for (const definition of supergraph.definitions) {
      if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph') {
        for (const value of definition.values ?? []) for (const directive of value.directives ?? []) this.#graphs.set(argumentOf(directive, 'name') ?? '', value.name.value)
      }
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
      const type = definition.name.value
      for (const field of definition.fields ?? []) {
        this.#types.set(`${type}.${field.name.value}`, nameOf(field.type))
        for (const directive of field.directives ?? []) {
          const graph = argumentOf(directive, 'graph')
          const requires = argumentOf(directive, 'requires')
          if (requires !== undefined) this.#required.set(`${graph} ${type}.${field.name.value}`, topNames(requires))
          const provides = argumentOf(directive, 'provides')
          if (provides !== undefined) provided.push({ graph, type: nameOf(field.type), set: selectionsOf(provides) })
        }
      }
    }
    for (const { graph, type, set } of provided) this.#provide(graph, type, set)
  }

  #provide(graph: string | undefined, type: string, set: SelectionSetNode | undefined): void {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.#provide(graph, selection.typeCondition?.name.value ?? type, selection.selectionSet)
      if (selection.kind !== Kind.FIELD) continue
      this.#provided.add(`${graph} ${type}.${selection.name.value}`)
      this.#provide(graph, this.#types.get(`${type}.${selection.name.value}`) ?? '', selection.selectionSet)
    }
  }

  /** `Type.field` of such a field; undefined when there is none. */
  findUnmet(node: PlanNode | undefined): string | undefined {
    if (node === undefined || this.#required.size === 0) return undefined
    if (node.kind === 'fetch') return this.#inFetch(node)
    const children = node.kind === 'condition' ? [node.whenTrue, node.whenFalse] : node.nodes
    for (const child of children) {
      const found = this.findUnmet(child)
      if (found !== undefined) return found
    }
    return undefined
  }

  #inFetch(fetch: FetchNode): string | undefined {
    const { definitions } = parse(fetch.text, { noLocation: true })
    const fragments = new Map(definitions.filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION).map((definition) => [definition.name.value, definition]))
    const operation = definitions.find((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION)
    if (operation === undefined) return undefined
    const given = givenNames(fetch.parts.flatMap((part) => part.requires))
    const graph = this.#graphs.get(fetch.subgraph) ?? ''
    const look = (set: SelectionSetNode, type: string, isEntity: boolean): string | undefined => {
      for (const selection of set.selections) {
        if (selection.kind !== Kind.FIELD) {
          const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
          const found = fragment === undefined ? undefined : look(fragment.selectionSet, fragment.typeCondition?.name.value ?? type, isEntity)
          if (found !== undefined) return found
          continue
        }
        const name = selection.name.value
        const required = this.#required.get(`${graph} ${type}.${name}`)
        if (required !== undefined && ![...required].every((one) => (isEntity && given.has(one)) || this.#provided.has(`${graph} ${type}.${one}`))) return `${type}.${name}`
        const inner = name === '_entities' ? '_Entity' : this.#types.get(`${type}.${name}`)
        const found = selection.selectionSet === undefined || inner === undefined ? undefined : look(selection.selectionSet, inner, name === '_entities')
        if (found !== undefined) return found
      }
      return undefined
    }
    return look(operation.selectionSet, operation.operation === OperationTypeNode.MUTATION ? 'Mutation' : 'Query', false)
  }
}

function givenNames(selections: readonly RequiredSelection[]): ReadonlySet<string> {
  return new Set(selections.flatMap((selection) => (selection.kind === 'type' ? [...givenNames(selection.selections)] : [selection.name])))
}

/** Names of the fields at the top of a set, those within fragments of it too. */
function topNames(set: string): ReadonlySet<string> {
  const names = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
    }
  }
  const selections = selectionsOf(set)
  if (selections !== undefined) collect(selections)
  return names
}

function selectionsOf(set: string): SelectionSetNode | undefined {
  const [definition] = parse(`{${set}}`, { noLocation: true }).definitions
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined
}

function argumentOf(directive: ConstDirectiveNode, name: string): string | undefined {
  if (!directive.name.value.startsWith('join__')) return undefined
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}
