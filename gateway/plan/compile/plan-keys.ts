import { TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type FieldNode, type GraphQLOutputType, type GraphQLSchema } from 'graphql'
import type { TypeFacts } from './type-index.ts'

/**
 * The response keys under which fields are planned. They are the client's, except where planners go wrong with those:
 *
 * - a key that stands for fields of different types in different places of the document: under conditions, planners
 *   ask a subgraph for both at once, which is invalid;
 * - an alias that equals the name of another field that plans fetch for themselves, for a key or a `@requires`: they
 *   take the client's value for theirs;
 * - a key that equals the name of a field that some `@requires` asks for and that takes arguments: planners take the
 *   client's field for the required one, whatever its arguments.
 */
export class PlanKeys {
  readonly #facts: TypeFacts
  readonly #renamed: boolean
  readonly #ambiguous: ReadonlySet<string>

  constructor(schema: GraphQLSchema, document: DocumentNode, facts: TypeFacts) {
    this.#facts = facts
    this.#ambiguous = ambiguousKeys(schema, document)
    let renamed = false
    visitFields(schema, document, (field, type) => {
      const key = field.alias?.value ?? field.name.value
      if (this.keyOf({ key, name: field.name.value, type }) !== key) renamed = true
    })
    this.#renamed = renamed
  }

  /** Whether every field is planned under the client's key. */
  get areClientKeys(): boolean {
    return !this.#renamed
  }

  keyOf({ key, name, type }: { readonly key: string; readonly name: string; readonly type: GraphQLOutputType }): string {
    if (this.#ambiguous.has(key)) return `${key}__${String(type).replaceAll('[', 'L_').replaceAll(']', '_').replaceAll('!', 'N')}`
    if (key !== name && this.#facts.fetchedForPlans.has(key)) return `${key}__alias`
    return this.#facts.requiredWithArguments.has(key) ? `${key}__asked` : key
  }
}

function ambiguousKeys(schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> {
  const types = new Map<string, string>()
  const ambiguous = new Set<string>()
  visitFields(schema, document, (field, type) => {
    const key = field.alias?.value ?? field.name.value
    const known = types.get(key)
    if (known === undefined) types.set(key, String(type))
    else if (known !== String(type)) ambiguous.add(key)
  })
  return ambiguous
}

function visitFields(schema: GraphQLSchema, document: DocumentNode, onField: (field: FieldNode, type: GraphQLOutputType) => void): void {
  const info = new TypeInfo(schema)
  visit(document, visitWithTypeInfo(info, {
    Field: (field) => {
      const type = info.getType()
      if (type !== undefined && type !== null && !field.name.value.startsWith('__')) onField(field, type)
    },
  }))
}
