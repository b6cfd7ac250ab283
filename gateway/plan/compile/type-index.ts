import { Kind, parse, type ConstDirectiveNode, type DocumentNode } from 'graphql'

/** What plans need to know of the supergraph's types, inaccessible ones included; plain data, so that it crosses threads. */
export interface TypeFacts {
  /** Object types that each abstract type can be. */
  readonly possibleTypes: ReadonlyMap<string, ReadonlySet<string>>
  /** Fields that belong to a key of their type in any subgraph. */
  readonly keyFields: ReadonlyMap<string, ReadonlySet<string>>
  /** Names of fields that a key, a `@requires` or a context asks for, at any depth. */
  readonly fetchedForPlans: ReadonlySet<string>
  /** Names of fields that some `@requires` asks for and that take arguments, given there or not. */
  readonly requiredWithArguments: ReadonlySet<string>
}

export function typeFactsOf(supergraph: DocumentNode): TypeFacts {
  const possibleTypes = new Map<string, Set<string>>()
  const keyFields = new Map<string, ReadonlySet<string>>()
  const fetchedForPlans = new Set<string>()
  const takeArguments = new Set<string>()
  const possible = (name: string): Set<string> => {
    const known = possibleTypes.get(name) ?? new Set<string>()
    possibleTypes.set(name, known)
    return known
  }
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const member of definition.types ?? []) possible(definition.name.value).add(member.name.value)
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    const keys = (definition.directives ?? []).map((directive) => fieldSet(directive, 'join__type', 'key'))
    keyFields.set(definition.name.value, new Set(keys.flatMap(topFields)))
    for (const key of keys) for (const [name] of key.matchAll(/\w+/g)) fetchedForPlans.add(name)
    for (const field of definition.fields ?? []) {
      if ((field.arguments ?? []).length > 0) takeArguments.add(field.name.value)
      for (const directive of field.directives ?? []) {
        const required = fieldSet(directive, 'join__field', 'requires')
        for (const [name] of required.matchAll(/\w+/g)) fetchedForPlans.add(name)
        for (const name of contextFieldNames(directive)) fetchedForPlans.add(name)
      }
    }
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) possible(definition.name.value)
    else for (const abstract of definition.interfaces ?? []) possible(abstract.name.value).add(definition.name.value)
  }
  return { possibleTypes, keyFields, fetchedForPlans, requiredWithArguments: fetchedForPlans.intersection(takeArguments) }
}

/** Questions about types that compiling a plan asks. */
export class TypeIndex {
  readonly facts: TypeFacts

  constructor(facts: TypeFacts) {
    this.facts = facts
  }

  isAbstract(name: string): boolean {
    return this.facts.possibleTypes.has(name)
  }

  isKeyField(type: string, field: string): boolean {
    return this.facts.keyFields.get(type)?.has(field) ?? false
  }

  /** Object types that a type can be at run time; an object type is itself. */
  possibleTypes(name: string): ReadonlySet<string> {
    return this.facts.possibleTypes.get(name) ?? new Set([name])
  }

  /** Whether a runtime type meets a type condition. An interface's own name stands for an `@interfaceObject`. */
  satisfies(runtimeType: string, condition: string): boolean {
    return runtimeType === condition || (this.facts.possibleTypes.get(condition)?.has(runtimeType) ?? false)
  }
}

/** Text of a directive's field-set argument; empty when it is another directive or has none. */
function fieldSet(directive: ConstDirectiveNode, name: string, argument: string): string {
  if (directive.name.value !== name) return ''
  const value = directive.arguments?.find((one) => one.name.value === argument)?.value
  return value?.kind === Kind.STRING ? value.value : ''
}

/** Names in the selections of context values that a field takes as arguments. */
function contextFieldNames(directive: ConstDirectiveNode): readonly string[] {
  const values = directive.arguments?.find((one) => one.name.value === 'contextArguments')?.value
  if (values?.kind !== Kind.LIST) return []
  return values.values.flatMap((value) => (value.kind === Kind.OBJECT ? value.fields : [])).flatMap((field) => (
    field.name.value === 'selection' && field.value.kind === Kind.STRING ? [...field.value.value.matchAll(/\w+/g)].map(([name]) => name) : []
  ))
}

function topFields(set: string): readonly string[] {
  if (set === '') return []
  const [definition] = parse(`{${set}}`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return []
  return definition.selectionSet.selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []))
}
