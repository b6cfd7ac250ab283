import type { DataProduct, PropertyType } from '@polyseme/kit/contract'
import type { Mask } from '@polyseme/kit/identity'
import { getNamedType, isAbstractType, isCompositeType, isObjectType, Kind } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, GraphQLCompositeType, GraphQLSchema, SelectionSetNode } from 'graphql'
import { maskValue } from './mask-value.ts'

/** One field of an answer: where it may stand in the schema, and what is below it. */
interface AnswerField {
  /** Name in the answer. */
  readonly key: string
  /** Schema name. */
  readonly name: string
  /** Object types that may have it there. */
  readonly types: ReadonlySet<string>
  readonly below: AnswerPlan | undefined
}

/** What an operation's answer is made of, fragments spread out. */
export interface AnswerPlan {
  readonly fields: readonly AnswerField[]
  /** Object types that can be there. */
  readonly possible: ReadonlySet<string>
  /** Name under which `__typename` stands; undefined where it was not asked for. */
  readonly typenameKey: string | undefined
}

export interface AnswerMasks {
  /** By coordinate; what is not a field of the subgraph's products is ignored. */
  readonly masks: Readonly<Record<string, Mask>>
  /** Logical types by coordinate; see `propertyTypes`. */
  readonly types: ReadonlyMap<string, PropertyType>
  /** The caller's key for hashes. */
  readonly key: string
}

/** The logical type of each field of the products, by coordinate. */
export function propertyTypes(products: readonly DataProduct[]): ReadonlyMap<string, PropertyType> {
  return new Map(products.flatMap(({ objects }) => objects.flatMap(({ typeName, properties }) => properties.map(({ field, type }): [string, PropertyType] => [`${typeName}.${field}`, type]))))
}

/** Finds where the fields of a subgraph operation stand in its answer. Pure; do it once for each operation. */
export function planAnswer(document: DocumentNode, schema: GraphQLSchema): AnswerPlan {
  const fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) return EMPTY
  // What the schema does not say could be of any type, and is masked as the strictest of them.
  return new Planner(schema, fragments).plan(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined)
}

/**
 * Masks an answer in place, so that nothing of it is seen in clear from here on. An object whose type is not in the answer
 * is masked as the strictest of its possible types would be. A list, and a value that is not of its type, becomes null.
 */
export function maskAnswer(data: unknown, plan: AnswerPlan, masks: AnswerMasks): void {
  if (Array.isArray(data)) {
    for (const element of data as readonly unknown[]) maskAnswer(element, plan, masks)
    return
  }
  if (typeof data !== 'object' || data === null) return
  const object = data as Record<string, unknown>
  const typename = plan.typenameKey === undefined ? undefined : object[plan.typenameKey]
  for (const { key, name, types, below } of plan.fields) {
    if (!Object.hasOwn(object, key)) continue
    if (below !== undefined) {
      maskAnswer(object[key], below, masks)
      continue
    }
    for (const type of typeof typename === 'string' && plan.possible.has(typename) ? [typename] : types) {
      if (!types.has(type)) continue
      const coordinate = `${type}.${name}`
      const mask = Object.hasOwn(masks.masks, coordinate) ? masks.masks[coordinate] : undefined
      const logical = masks.types.get(coordinate)
      if (mask !== undefined && logical !== undefined) object[key] = maskValue(mask, object[key], logical, masks.key)
    }
  }
}

const EMPTY: AnswerPlan = { fields: [], possible: new Set(), typenameKey: undefined }

class Planner {
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #objectTypes: ReadonlySet<string>

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema
    this.#fragments = fragments
    this.#objectTypes = new Set(Object.values(schema.getTypeMap()).filter(isObjectType).map(({ name }) => name))
  }

  /** @param type undefined where any object type can be: what `_entities` gives */
  plan(selections: SelectionSetNode, type: GraphQLCompositeType | undefined): AnswerPlan {
    const fields: AnswerField[] = []
    const typenameKey = this.#collect(selections, type, fields)
    return { fields, possible: this.#possibleTypes(type), typenameKey }
  }

  #collect(selections: SelectionSetNode, type: GraphQLCompositeType | undefined, into: AnswerField[]): string | undefined {
    let typenameKey: string | undefined
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        const key = selection.alias?.value ?? name
        if (name === '__typename') typenameKey = key
        else this.#addField({ name, key, selections: selection.selectionSet }, type, into)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
      const condition = fragment?.typeCondition === undefined ? type : this.#schema.getType(fragment.typeCondition.name.value)
      if (fragment !== undefined && (condition === undefined || isCompositeType(condition))) typenameKey = this.#collect(fragment.selectionSet, condition, into) ?? typenameKey
    }
    return typenameKey
  }

  #addField({ name, key, selections }: { readonly name: string; readonly key: string; readonly selections: SelectionSetNode | undefined }, parent: GraphQLCompositeType | undefined, into: AnswerField[]): void {
    const types = this.#possibleTypes(parent)
    const declared = parent !== undefined && 'getFields' in parent ? parent.getFields()[name]?.type : undefined
    const returned = declared === undefined || name === '_entities' ? undefined : getNamedType(declared)
    const below = selections === undefined ? undefined : this.plan(selections, isCompositeType(returned) ? returned : undefined)
    into.push({ key, name, types, below })
  }

  #possibleTypes(type: GraphQLCompositeType | undefined): ReadonlySet<string> {
    if (type === undefined) return this.#objectTypes
    return new Set(isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(({ name }) => name) : [type.name])
  }
}
