import { Kind, parse, type ConstDirectiveNode } from 'graphql'

/** What plans need to know of the supergraph's types, inaccessible ones included. */
export class TypeIndex {
  readonly #possible: ReadonlyMap<string, ReadonlySet<string>>
  readonly #keyFields = new Map<string, Set<string>>()

  constructor(supergraphSdl: string) {
    const possible = new Map<string, Set<string>>()
    const setOf = (name: string): Set<string> => {
      const known = possible.get(name)
      if (known !== undefined) return known
      const created = new Set<string>()
      possible.set(name, created)
      return created
    }
    for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
        this.#keyFields.set(definition.name.value, new Set((definition.directives ?? []).flatMap(keyFieldsOf)))
      }
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
        for (const abstract of definition.interfaces ?? []) setOf(abstract.name.value).add(definition.name.value)
      } else if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
        setOf(definition.name.value)
      } else if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
        for (const member of definition.types ?? []) setOf(definition.name.value).add(member.name.value)
      }
    }
    this.#possible = possible
  }

  isAbstract(name: string): boolean {
    return this.#possible.has(name)
  }

  /** Whether a field belongs to a key of its type in any subgraph. */
  isKeyField(type: string, field: string): boolean {
    return this.#keyFields.get(type)?.has(field) ?? false
  }

  /** Object types that a type can be at run time; an object type is itself. */
  possibleTypes(name: string): ReadonlySet<string> {
    return this.#possible.get(name) ?? new Set([name])
  }

  /** Whether a runtime type meets a type condition. An interface's own name stands for an `@interfaceObject`. */
  satisfies(runtimeType: string, condition: string): boolean {
    return runtimeType === condition || (this.#possible.get(condition)?.has(runtimeType) ?? false)
  }
}

function keyFieldsOf(directive: ConstDirectiveNode): readonly string[] {
  if (directive.name.value !== 'join__type') return []
  const key = directive.arguments?.find((argument) => argument.name.value === 'key')?.value
  if (key?.kind !== Kind.STRING) return []
  const [definition] = parse(`{${key.value}}`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return []
  return definition.selectionSet.selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []))
}
