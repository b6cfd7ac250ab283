/** What a random mesh is made of: one truth, and which subgraph tells which part of it. */
export interface MeshModel {
  readonly subgraphs: readonly string[]
  readonly entities: readonly EntityModel[]
  readonly interfaces: readonly InterfaceModel[]
  readonly unions: readonly UnionModel[]
  readonly values: readonly ValueModel[]
  readonly roots: readonly FieldModel[]
}

export interface EntityModel {
  readonly name: string
  /** Where it lives, with the keys it is known by there. */
  readonly homes: readonly { readonly subgraph: string; readonly keys: readonly string[] }[]
  readonly fields: FieldModel[]
  readonly instances: readonly Instance[]
  /** Fields that make up its keys; each home has those of its keys. */
  readonly keyFields: readonly FieldModel[]
}

/** A shareable object type without a key; every subgraph that uses it has all of it. */
export interface ValueModel {
  readonly name: string
  readonly fields: readonly FieldModel[]
}

export interface InterfaceModel {
  readonly name: string
  readonly members: readonly EntityModel[]
  /** Owner of the interface's key and of all members, and who adds fields to it as an `@interfaceObject`. */
  readonly objectFields: readonly FieldModel[]
  readonly home: string | undefined
}

export interface UnionModel {
  readonly name: string
  readonly members: readonly EntityModel[]
}

export type TypeModel =
  | { readonly kind: 'scalar'; readonly name: 'String' | 'Int' | 'Float' | 'Boolean' | 'ID' | 'Color' }
  | { readonly kind: 'entity'; readonly entity: EntityModel }
  | { readonly kind: 'value'; readonly value: ValueModel }
  | { readonly kind: 'interface'; readonly type: InterfaceModel }
  | { readonly kind: 'union'; readonly type: UnionModel }
  | { readonly kind: 'list'; readonly of: TypeModel }
  | { readonly kind: 'nonNull'; readonly of: TypeModel }

export interface FieldModel {
  readonly name: string
  readonly type: TypeModel
  /** Takes `n: Int = 1`, which is part of its value. */
  readonly hasArgument: boolean
  /** Who answers it. */
  readonly owners: readonly string[]
  /** Set of fields of the same entity from which it is computed, as in `@requires`. */
  readonly requires?: string
  /** Subgraph that had the field before, and still answers it wrongly. */
  readonly overrides?: string
  /** Fields of the returned entity that the owner gives along. */
  readonly provides?: string
}

/** One entity of the data; references are instances. */
export interface Instance {
  readonly typeName: string
  readonly values: Map<string, unknown>
}

export function typeText(type: TypeModel): string {
  switch (type.kind) {
    case 'scalar':
      return type.name
    case 'entity':
      return type.entity.name
    case 'value':
      return type.value.name
    case 'interface':
    case 'union':
      return type.type.name
    case 'list':
      return `[${typeText(type.of)}]`
    case 'nonNull':
      return `${typeText(type.of)}!`
    default:
      return type
  }
}

/** The type within lists and non-nulls. */
export function namedType(type: TypeModel): TypeModel {
  return type.kind === 'list' || type.kind === 'nonNull' ? namedType(type.of) : type
}
