import { getNamedType, isAbstractType, isEnumType, isLeafType, isListType, isNonNullType, isObjectType } from 'graphql'
import type { GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql'
import { holds, type ResponseShape, type ShapeField } from '../access/index.ts'
import type { ResponseError } from './outcome.ts'
import { invalidValueError } from './response-errors.ts'

type Tree = Record<string, unknown>
type Path = (string | number)[]

export interface Completion {
  readonly schema: GraphQLSchema
  readonly variables: Readonly<Record<string, unknown>>
  readonly errors: ResponseError[]
  /** Value of an introspection field, by response key. */
  readonly introspect: (key: string) => unknown
}

/** Thrown up to the nearest nullable place. */
const NULL_HERE = new Error('null propagates')

/**
 * Shapes the merged answers of the subgraphs as the client asked, in the client's order: undeclared values are dropped,
 * nulls in non-null places propagate with an error, and denied fields are null.
 */
export class ResponseCompleter {
  readonly #in: Completion

  constructor(completion: Completion) {
    this.#in = completion
  }

  complete(type: GraphQLObjectType, shape: ResponseShape, source: Tree): Tree | null {
    try {
      return this.#object(type, [shape], source, [])
    } catch (error) {
      if (error === NULL_HERE) return null
      throw error
    }
  }

  #object(type: GraphQLObjectType, shapes: readonly ResponseShape[], source: Tree, path: Path): Tree {
    const fields = new Map<string, ShapeField[]>()
    for (const shape of shapes) this.#collect(fields, type, shape)
    const result = Object.create(null) as Tree
    for (const [key, asked] of fields) {
      const allowed = asked.filter((field) => !field.denied)
      const field = allowed[0] ?? asked[0]
      if (field === undefined) continue
      if (field.name === '__typename') {
        result[key] = type.name
      } else if (field.name.startsWith('__')) {
        result[key] = this.#in.introspect(key)
      } else if (allowed.length === 0) {
        if (isNonNullType(field.type)) throw NULL_HERE
        result[key] = null
      } else {
        path.push(key)
        // The field of the object's own type may promise more than that of the interface it was asked of.
        const declared = type.getFields()[field.name]?.type ?? field.type
        result[key] = this.#value(declared, allowed.flatMap((one) => one.selections ?? []), Object.hasOwn(source, key) ? source[key] : null, path)
        path.pop()
      }
    }
    return result
  }

  #collect(fields: Map<string, ShapeField[]>, type: GraphQLObjectType, shape: ResponseShape): void {
    for (const entry of shape) {
      if (!holds(entry.when, this.#in.variables)) continue
      if (entry.kind === 'fragment') {
        if (entry.types === undefined || entry.types.has(type.name)) this.#collect(fields, type, entry.selections)
        continue
      }
      const known = fields.get(entry.key)
      if (known === undefined) fields.set(entry.key, [entry])
      else known.push(entry)
    }
  }

  #value(type: GraphQLOutputType, shape: ResponseShape, value: unknown, path: Path): unknown {
    if (isNonNullType(type)) {
      const before = this.#in.errors.length
      const completed = this.#value(type.ofType, shape, value, path)
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
          const completed = this.#value(type.ofType, shape, element, path)
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
      return this.#object(runtime, [shape], source, path)
    } catch (error) {
      if (error !== NULL_HERE) throw error
      path.length = depth
      return null
    }
  }

  #leaf(type: GraphQLOutputType, value: unknown, path: Path): unknown {
    const named = getNamedType(type)
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
    this.#in.errors.push(invalidValueError(message, [...path]))
    return null
  }
}
