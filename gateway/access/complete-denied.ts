import { isLeafType, isListType, isNonNullType, isObjectType } from 'graphql'
import type { GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import type { AuthorizedOperation } from './authorized-operation.ts'
import { holds } from './conditions.ts'
import type { ResponseShape, ShapeField } from './response-shape.ts'

type Tree = Readonly<Record<string, unknown>>

/**
 * Puts null where something was removed into the answer to the filtered operation, in the client's order, and lets a
 * null in a non-null place go up as GraphQL demands. `data` is a valid answer to `authorized.document`.
 *
 * What was added for the sake of completing (`__typename`) is dropped. Pure; touches only what the client asked for.
 */
export function completeDenied(data: Tree | null, authorized: AuthorizedOperation, supergraph: Supergraph): Tree | null {
  const { original, shape, variables } = authorized
  const root = supergraph.apiSchema.getRootType(original.operation.operation)
  if (data === null || shape === undefined || root === undefined || root === null) return data
  return new Completer(supergraph.apiSchema, variables).object(root, shape, data)
}

class Completer {
  readonly #schema: GraphQLSchema
  readonly #variables: Readonly<Record<string, unknown>>

  constructor(schema: GraphQLSchema, variables: Readonly<Record<string, unknown>>) {
    this.#schema = schema
    this.#variables = variables
  }

  /** The object that the client asked for, or null where a non-null field of it has no value. */
  object(type: GraphQLObjectType, shape: ResponseShape, data: Tree): Tree | null {
    const result: Record<string, unknown> = {}
    for (const [key, asked] of this.#collect(type, shape)) {
      const allowed = asked.filter(({ denied }) => !denied)
      const name = asked[0]?.name ?? ''
      const declared = type.getFields()[name]?.type ?? asked[0]?.type
      const below = allowed.flatMap(({ selections = [] }) => selections)
      const value = allowed.length === 0 ? null : declared === undefined || name.startsWith('__') ? data[key] : this.#value(declared, below, data[key])
      if (value === null && isNonNullType(declared)) return null
      result[key] = value
    }
    return result
  }

  #value(type: GraphQLOutputType, shape: ResponseShape, value: unknown): unknown {
    if (value === null || value === undefined) return null
    if (isNonNullType(type)) return this.#value(type.ofType, shape, value)
    if (isListType(type)) {
      const items = (value as readonly unknown[]).map((item) => this.#value(type.ofType, shape, item))
      return isNonNullType(type.ofType) && items.includes(null) ? null : items
    }
    if (isObjectType(type)) return this.object(type, shape, value as Tree)
    if (isLeafType(type)) return value
    if (shape.length === 0) return {}
    const name = (value as Tree)['__typename']
    const runtime = typeof name === 'string' ? this.#schema.getType(name) : undefined
    if (!isObjectType(runtime)) throw new TypeError('the answer does not say of which type an object is')
    return this.object(runtime, shape, value as Tree)
  }

  #collect(type: GraphQLObjectType, shape: ResponseShape, into = new Map<string, ShapeField[]>()): ReadonlyMap<string, readonly ShapeField[]> {
    for (const entry of shape) {
      if (!holds(entry.when, this.#variables)) continue
      if (entry.kind === 'fragment') {
        if (entry.types === undefined || entry.types.has(type.name)) this.#collect(type, entry.selections, into)
        continue
      }
      const known = into.get(entry.key)
      if (known === undefined) into.set(entry.key, [entry])
      else known.push(entry)
    }
    return into
  }
}
