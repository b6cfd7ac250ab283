import {
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { ResponseError } from './outcome.ts'
import { invalidValueError } from './response-errors.ts'

type Tree = Record<string, unknown>
type Path = (string | number)[]

/** A selection set as the client sent it, and what authorization left of it. */
interface Selections {
  readonly original: readonly SelectionSetNode[]
  readonly allowed: readonly SelectionSetNode[]
}

export interface Completion {
  readonly schema: GraphQLSchema
  readonly original: DocumentNode
  readonly allowed: DocumentNode
  readonly variables: Readonly<Record<string, unknown>>
  readonly errors: ResponseError[]
  /** Value of an introspection field. */
  readonly introspect: (field: FieldNode) => unknown
}

/** Thrown up to the nearest nullable place. */
const NULL_HERE = new Error('null propagates')

/**
 * Shapes the merged answers of the subgraphs as the client asked, in the client's order: undeclared values are dropped,
 * nulls in non-null places propagate with an error, and fields that authorization removed are null.
 */
export class ResponseCompleter {
  readonly #in: Completion
  readonly #fragments: ReadonlyMap<DocumentNode, ReadonlyMap<string, FragmentDefinitionNode>>

  constructor(completion: Completion) {
    this.#in = completion
    this.#fragments = new Map([completion.original, completion.allowed].map((document) => [document, fragmentsOf(document)]))
  }

  complete(type: GraphQLObjectType, selections: Selections, source: Tree): Tree | null {
    try {
      return this.#object(type, selections, source, [])
    } catch (error) {
      if (error === NULL_HERE) return null
      throw error
    }
  }

  #object(type: GraphQLObjectType, selections: Selections, source: Tree, path: Path): Tree {
    const original = this.#collect(type, selections.original, this.#in.original)
    const allowed = this.#in.original === this.#in.allowed ? original : this.#collect(type, selections.allowed, this.#in.allowed)
    const result = Object.create(null) as Tree
    for (const [key, nodes] of original) {
      const node = nodes[0]
      if (node === undefined) continue
      const name = node.name.value
      if (name === '__typename') {
        result[key] = type.name
        continue
      }
      if (name === '__schema' || name === '__type') {
        result[key] = this.#in.introspect(node)
        continue
      }
      const field = type.getFields()[name]
      if (field === undefined) continue
      const kept = allowed.get(key)
      if (kept === undefined) {
        if (isNonNullType(field.type)) throw NULL_HERE
        result[key] = null
        continue
      }
      const value = Object.hasOwn(source, key) ? source[key] : null
      const below = { original: setsOf(nodes), allowed: setsOf(kept) }
      path.push(key)
      result[key] = this.#value(field.type, below, value, path)
      path.pop()
    }
    return result
  }

  #value(type: GraphQLOutputType, selections: Selections, value: unknown, path: Path): unknown {
    if (isNonNullType(type)) {
      const before = this.#in.errors.length
      const completed = this.#value(type.ofType, selections, value, path)
      if (completed !== null) return completed
      if (this.#in.errors.length === before) this.#report('a value is missing where the schema promises one', path)
      throw NULL_HERE
    }
    if (value === null || value === undefined) return null
    const depth = path.length
    try {
      if (isListType(type)) {
        if (!Array.isArray(value)) return this.#report('a list was promised', path)
        return value.map((element, index) => {
          path.push(index)
          const completed = this.#value(type.ofType, selections, element, path)
          path.pop()
          return completed
        })
      }
      if (isLeafType(type)) return this.#leaf(type, value, path)
      if (typeof value !== 'object' || Array.isArray(value)) return this.#report('an object was promised', path)
      const source = value as Tree
      const name = Object.hasOwn(source, '__typename') ? source['__typename'] : undefined
      const runtime = typeof name === 'string' ? this.#in.schema.getType(name) : type
      const fits = isObjectType(runtime) && (runtime === type || (isAbstractType(type) && this.#in.schema.isSubType(type, runtime)))
      if (!fits) return this.#report('the type of an object is not one that the schema allows here', path)
      return this.#object(runtime, selections, source, path)
    } catch (error) {
      if (error !== NULL_HERE) throw error
      path.length = depth
      return null
    }
  }

  #leaf(type: GraphQLOutputType, value: unknown, path: Path): unknown {
    const named = getNamedType(type)
    if (isInputObjectType(named)) return null
    if (isEnumType(named)) {
      return typeof value === 'string' && named.getValue(value) !== undefined ? value : this.#report('a value is none of the enum', path)
    }
    switch (named.name) {
      case 'Int':
        return Number.isInteger(value) ? value : this.#report('a value is no Int', path)
      case 'Float':
        return typeof value === 'number' ? value : this.#report('a value is no Float', path)
      case 'Boolean':
        return typeof value === 'boolean' ? value : this.#report('a value is no Boolean', path)
      case 'String':
        return typeof value === 'string' ? value : this.#report('a value is no String', path)
      case 'ID':
        return typeof value === 'string' || typeof value === 'number' ? value : this.#report('a value is no ID', path)
      default:
        return value
    }
  }

  #report(message: string, path: Path): null {
    // A dead or failing subgraph has said so already; only a silent contradiction of the schema is news.
    this.#in.errors.push(invalidValueError(message, [...path]))
    return null
  }

  #collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[], document: DocumentNode): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>()
    for (const set of sets) this.#collectInto(fields, type, set, document)
    return fields
  }

  #collectInto(fields: Map<string, FieldNode[]>, type: GraphQLObjectType, set: SelectionSetNode, document: DocumentNode): void {
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const nodes = fields.get(key)
        if (nodes === undefined) fields.set(key, [selection])
        else nodes.push(selection)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(document)?.get(selection.name.value)
      if (fragment === undefined) continue
      const condition = fragment.typeCondition === undefined ? type : this.#in.schema.getType(fragment.typeCondition.name.value)
      if (condition === type || (isAbstractType(condition) && this.#in.schema.isSubType(condition, type))) {
        this.#collectInto(fields, type, fragment.selectionSet, document)
      }
    }
  }

  #isIncluded(node: { readonly directives?: FieldNode['directives'] }): boolean {
    const where = node.directives === undefined ? {} : { directives: node.directives }
    const skip = getDirectiveValues(GraphQLSkipDirective, where, this.#in.variables)
    if (skip?.['if'] === true) return false
    const include = getDirectiveValues(GraphQLIncludeDirective, where, this.#in.variables)
    return include?.['if'] !== false
  }
}

function setsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap((node) => (node.selectionSet === undefined ? [] : [node.selectionSet]))
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
}
