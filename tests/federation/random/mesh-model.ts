/** What a random mesh is made of: one truth, and which subgraph tells which part of it. */
export interface MeshModel {
  readonly subgraphs: readonly string[]
  readonly entities: readonly EntityModel[]
  readonly interfaces: readonly InterfaceModel[]
  readonly unions: readonly UnionModel[]
  readonly values: readonly ValueModel[]
  readonly roots: readonly FieldModel[]
  readonly mutations: readonly FieldModel[]
}

export interface EntityModel {
  readonly name: string
  /** Where it lives, with the keys it is known by there. */
  readonly homes: readonly { readonly subgraph: string; readonly keys: readonly string[] }[]
  readonly keyStyle: KeyStyle
  readonly fields: FieldModel[]
  readonly instances: readonly Instance[]
  /** Fields that make up its keys; each home has those of its keys. */
  readonly keyFields: readonly FieldModel[]
  /** Its values are what fields of entities below it take as arguments, under this name. */
  readonly context?: string
}

export type KeyStyle = 'id' | 'two' | 'composite' | 'nested' | 'both'

/** A shareable object type without a key; every subgraph that uses it has all of it. */
export interface ValueModel {
  readonly name: string
  readonly fields: readonly FieldModel[]
}

export interface InterfaceModel {
  readonly name: string
  readonly members: readonly EntityModel[]
  /** Fields beside `id` that it promises where their owner knows it. */
  readonly fields: FieldModel[]
  /** Fields that others add to it as an `@interfaceObject`. */
  readonly objectFields: readonly FieldModel[]
  /** Owner of the interface's key and of all members, where there are such. */
  readonly home: string | undefined
}

export interface UnionModel {
  readonly name: string
  readonly members: readonly EntityModel[]
}

export type ScalarName = 'String' | 'Int' | 'Float' | 'Boolean' | 'ID' | 'Color' | 'Stamp'

export type TypeModel =
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'entity'; readonly entity: EntityModel }
  | { readonly kind: 'value'; readonly value: ValueModel }
  | { readonly kind: 'interface'; readonly type: InterfaceModel }
  | { readonly kind: 'union'; readonly type: UnionModel }
  | { readonly kind: 'list'; readonly of: TypeModel }
  | { readonly kind: 'nonNull'; readonly of: TypeModel }

/** What a field takes; its value says what it got. */
export type ArgumentKind = 'number' | 'color' | 'filter' | 'stamp'

export const ARGUMENT_TEXT: Readonly<Record<ArgumentKind, string>> = {
  number: 'n: Int = 1',
  color: 'color: Color! = GREEN',
  filter: 'filter: Filter = { min: 3 }',
  stamp: 'stamp: Stamp, lists: [[Int!]!]',
}

export interface FieldModel {
  readonly name: string
  readonly type: TypeModel
  readonly argument?: ArgumentKind | undefined
  /** Who answers it. */
  readonly owners: readonly string[]
  /** Set of fields from which it is computed, as in `@requires`. */
  readonly requires?: string
  /** Subgraph that had the field before, and still answers it wrongly. */
  readonly overrides?: string | undefined
  /** Field of the returned entity that the owner gives along. */
  readonly provides?: string | undefined
  /** Not in the API schema. */
  readonly inaccessible?: boolean
  /** Field of an ancestor whose value it takes as its argument `c`. */
  readonly fromContext?: { readonly context: string; readonly field: string }
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

/** A leaf that stands alone, be it non-null. */
export function isScalar(type: TypeModel): boolean {
  return type.kind === 'scalar' || (type.kind === 'nonNull' && type.of.kind === 'scalar')
}

export function nonNull(type: TypeModel): TypeModel {
  return { kind: 'nonNull', of: type }
}

export function listOf(type: TypeModel): TypeModel {
  return { kind: 'list', of: type }
}

export const ID: FieldModel = { name: 'id', type: nonNull({ kind: 'scalar', name: 'ID' }), owners: [] }

/** Part of nested keys. */
export const TAG: ValueModel = { name: 'Tag', fields: [{ name: 'mark', type: nonNull({ kind: 'scalar', name: 'String' }), owners: [] }] }
