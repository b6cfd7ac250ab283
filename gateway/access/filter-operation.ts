import { getNamedType, isAbstractType, isCompositeType, isListType, isNonNullType, isObjectType, isUnionType, Kind, OperationTypeNode, SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef } from 'graphql'
import type { FieldNode, FragmentDefinitionNode, FragmentSpreadNode, GraphQLCompositeType, GraphQLField, GraphQLOutputType, GraphQLSchema, InlineFragmentNode, NamedTypeNode, OperationDefinitionNode, SelectionNode, SelectionSetNode } from 'graphql'
import type { DeniedField } from './authorized-operation.ts'
import { conditionsOf, type Condition } from './conditions.ts'
import { DeniedPlaces } from './denied-places.ts'
import type { Rights } from './read-rights.ts'
import type { ResponseShape, ShapeField, ShapeFragment } from './response-shape.ts'

export interface FilteredOperation {
  /** The same node when nothing was removed; undefined when nothing is left. */
  readonly operation: OperationDefinitionNode | undefined
  readonly denied: readonly DeniedField[]
  readonly shape: ResponseShape
}

/** Where a selection set stands: its type as declared, and the object types that can be there. */
interface Position {
  readonly type: GraphQLCompositeType
  readonly possible: readonly string[]
  readonly path: readonly string[]
  readonly when: readonly Condition[]
}

interface Filtered {
  readonly selections: readonly SelectionNode[]
  readonly shape: ResponseShape
  /** Something that the client asked for is left, or nothing was denied. */
  readonly live: boolean
}

const META_FIELDS = [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef] as const
const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/**
 * Removes from an operation everything the caller may not see.
 *
 * - A field goes when the type it is on, itself, what it returns or what it reads is denied.
 * - A field of an abstract type goes when something is asked of every object there and one of the possible types is
 *   denied, or when all of them are. What fragments narrow is judged by the types that it can meet; of a denied
 *   fragment `__typename` is left.
 * - A selection set of which nothing is left asks for `__typename`, so that objects are told from nulls; a nullable
 *   root field of a query of which nothing is left, wherever it is asked for, is not asked for at all, so its subgraph
 *   is not called.
 * - A fragment stays as it is where nothing in it was removed, else it is written out in place.
 * - Where anything was removed, every selection set of an abstract type asks for `__typename`, because completing the
 *   answer needs to know which objects a removed part concerned.
 */
export function filterOperation(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>, rights: Rights, operation: OperationDefinitionNode): FilteredOperation {
  const probe = new OperationFilter(schema, fragments, rights)
  const filtered = probe.filter(operation)
  return filtered.operation === operation ? filtered : new OperationFilter(schema, fragments, rights, probe.liveRoots).filter(operation)
}

class OperationFilter {
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #rights: Rights
  /** From a first pass that found something to remove; undefined: this is the first. */
  readonly #knownLiveRoots: ReadonlySet<string> | undefined
  readonly #places = new DeniedPlaces()
  // Lists of types are told apart by identity: each stands for many places, and may be long.
  readonly #possibleTypes = new Map<string, readonly string[]>()
  readonly #readable = new Map<readonly string[], number>()
  readonly #fieldsOf = new Map<readonly string[], Map<string, boolean>>()
  /** Response keys of root fields of which something is left somewhere. */
  readonly liveRoots = new Set<string>()

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>, rights: Rights, knownLiveRoots?: ReadonlySet<string>) {
    this.#schema = schema
    this.#fragments = fragments
    this.#rights = rights
    this.#knownLiveRoots = knownLiveRoots
  }

  filter(operation: OperationDefinitionNode): FilteredOperation {
    const root = this.#schema.getRootType(operation.operation)
    if (root === undefined || root === null) throw new TypeError(`the schema has no ${operation.operation} type`)
    const position: Position = { type: root, possible: [root.name], path: [], when: [] }
    const { selections, shape } = this.#selections(operation.selectionSet, position, operation.operation === OperationTypeNode.QUERY)
    const denied = this.#places.list()
    if (sameItems(selections, operation.selectionSet.selections)) return { operation, denied, shape }
    return { operation: selections.length === 0 ? undefined : { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }, denied, shape }
  }

  #selections(selectionSet: SelectionSetNode, position: Position, atQueryRoot: boolean): Filtered {
    const selections: SelectionNode[] = []
    const shape: (ShapeField | ShapeFragment)[] = []
    let live = false
    for (const selection of selectionSet.selections) {
      const conditions = conditionsOf(selection.directives)
      if (conditions === undefined) {
        // Never executed, whatever the variables: not sent on, and nothing in it is denied to anybody.
        live = true
        continue
      }
      const here = conditions.length === 0 ? position : { ...position, when: [...position.when, ...conditions] }
      const filtered = selection.kind === Kind.FIELD ? this.#field(selection, here, atQueryRoot) : this.#fragment(selection, here, atQueryRoot)
      selections.push(...filtered.selections)
      for (const entry of filtered.shape) shape.push({ ...entry, when: conditions })
      live ||= filtered.live
    }
    return { selections, shape, live }
  }

  #field(node: FieldNode, position: Position, atQueryRoot: boolean): Filtered {
    const name = node.name.value
    const key = node.alias?.value ?? name
    const field = isUnionType(position.type) ? undefined : position.type.getFields()[name]
    // The operation is valid, so this is `__typename` or introspection, which has rights of its own: what it shows is filtered.
    if (field === undefined) return { selections: [node], shape: [leaf(key, name, (META_FIELDS.find((meta) => meta.name === name) ?? TypeNameMetaFieldDef).type, false)], live: true }
    const path = [...position.path, key]
    if (!this.#mayHave(field, node, position)) {
      this.#places.record(`${position.type.name}.${field.name}`, path, position.when)
      return { selections: [], shape: [leaf(key, name, field.type, true)], live: false }
    }
    const type = getNamedType(field.type)
    if (node.selectionSet === undefined || !isCompositeType(type)) return { selections: [node], shape: [leaf(key, name, field.type, false)], live: true }

    const inner = this.#selections(node.selectionSet, { type, possible: this.#possible(type), path: [...path, ...listMarks(field.type)], when: position.when }, false)
    const shape: ResponseShape = [{ ...leaf(key, name, field.type, false), selections: inner.shape }]
    if (atQueryRoot && inner.live) this.liveRoots.add(key)
    if (atQueryRoot && this.#knownLiveRoots?.has(key) === false && !isNonNullType(field.type)) return { selections: [], shape, live: false }
    const selections = inner.selections.length === 0 || (this.#knownLiveRoots !== undefined && isAbstractType(type)) ? withTypename(inner.selections) : inner.selections
    if (sameItems(selections, node.selectionSet.selections)) return { selections: [node], shape, live: true }
    return { selections: [{ ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } }], shape, live: inner.live }
  }

  #fragment(node: FragmentSpreadNode | InlineFragmentNode, position: Position, atQueryRoot: boolean): Filtered {
    const { typeCondition, selectionSet } = this.#definition(node)
    const type = typeCondition === undefined ? position.type : this.#composite(typeCondition.name.value)
    const possible = typeCondition === undefined ? position.possible : intersection(position.possible, this.#possible(type))
    // Meets no object at all: no data could come of it, and no planner need be trusted to see that.
    if (possible.length === 0) return { selections: [], shape: [], live: true }
    const narrowed: Position = { ...position, type, possible }
    const entry = { kind: 'fragment', types: typeCondition === undefined ? undefined : new Set(possible), when: [] } as const
    const inner = typeCondition === undefined || this.#mayMeet(possible, selectionSet) ? this.#selections(selectionSet, narrowed, atQueryRoot) : this.#deny(selectionSet, narrowed)
    const shape: ResponseShape = [{ ...entry, selections: inner.shape }]
    if (inner.selections.length === 0) return { selections: [], shape, live: inner.live }
    if (sameItems(inner.selections, selectionSet.selections)) return { selections: [node], shape, live: inner.live }
    return { selections: [writtenOut(node, typeCondition, inner.selections)], shape, live: inner.live }
  }

  #mayHave(field: GraphQLField<unknown, unknown>, node: FieldNode, position: Position): boolean {
    let ofTypes = this.#fieldsOf.get(position.possible)
    if (ofTypes === undefined) this.#fieldsOf.set(position.possible, (ofTypes = new Map()))
    let ofAll = ofTypes.get(field.name)
    if (ofAll === undefined) ofTypes.set(field.name, (ofAll = position.possible.every((name) => this.#mayReadOf(name, field))))
    if (!ofAll) return false
    const returned = getNamedType(field.type)
    return node.selectionSet === undefined || !isAbstractType(returned) || this.#mayMeet(this.#possible(returned), node.selectionSet)
  }

  #mayReadOf(name: string, field: GraphQLField<unknown, unknown>): boolean {
    const type = this.#schema.getType(name)
    const own = isObjectType(type) ? type.getFields()[field.name] : undefined
    return this.#rights.mayReadField(name, field.name, own?.type ?? field.type)
  }

  /** Whether this may be asked of objects of which each has one of these types. */
  #mayMeet(possible: readonly string[], selectionSet: SelectionSetNode): boolean {
    let readable = this.#readable.get(possible)
    if (readable === undefined) this.#readable.set(possible, (readable = possible.filter((type) => this.#rights.mayReadType(type)).length))
    return readable === possible.length || (readable > 0 && !asksOfAll(selectionSet))
  }

  /** What is left of a denied fragment's content: `__typename`. Each other field is a denied place of its own. */
  #deny(selectionSet: SelectionSetNode, position: Position): Filtered {
    const selections: SelectionNode[] = []
    const shape: (ShapeField | ShapeFragment)[] = []
    for (const node of selectionSet.selections) {
      const conditions = conditionsOf(node.directives)
      if (conditions === undefined) continue
      const here: Position = { ...position, when: [...position.when, ...conditions] }
      const filtered = node.kind === Kind.FIELD ? this.#denyField(node, here) : this.#denyFragment(node, here)
      selections.push(...filtered.selections)
      for (const entry of filtered.shape) shape.push({ ...entry, when: conditions })
    }
    return { selections, shape, live: selections.length > 0 }
  }

  #denyField(node: FieldNode, position: Position): Filtered {
    const name = node.name.value
    const key = node.alias?.value ?? name
    const field = isUnionType(position.type) ? undefined : position.type.getFields()[name]
    if (field === undefined) return { selections: [node], shape: [leaf(key, name, TypeNameMetaFieldDef.type, false)], live: true }
    this.#places.record(`${position.type.name}.${name}`, [...position.path, key], position.when)
    return { selections: [], shape: [leaf(key, name, field.type, true)], live: false }
  }

  #denyFragment(node: FragmentSpreadNode | InlineFragmentNode, position: Position): Filtered {
    const { typeCondition, selectionSet } = this.#definition(node)
    const type = typeCondition === undefined ? position.type : this.#composite(typeCondition.name.value)
    const possible = typeCondition === undefined ? position.possible : intersection(position.possible, this.#possible(type))
    if (possible.length === 0) return { selections: [], shape: [], live: true }
    const inner = this.#deny(selectionSet, { ...position, type, possible })
    const shape: ResponseShape = [{ kind: 'fragment', types: typeCondition === undefined ? undefined : new Set(possible), when: [], selections: inner.shape }]
    return { selections: inner.selections.length === 0 ? [] : [writtenOut(node, typeCondition, inner.selections)], shape, live: inner.live }
  }

  #definition(node: FragmentSpreadNode | InlineFragmentNode): FragmentDefinitionNode | InlineFragmentNode {
    if (node.kind === Kind.INLINE_FRAGMENT) return node
    const definition = this.#fragments.get(node.name.value)
    if (definition === undefined) throw new TypeError('the document spreads a fragment that it does not define')
    return definition
  }

  #composite(name: string): GraphQLCompositeType {
    const type = this.#schema.getType(name)
    if (!isCompositeType(type)) throw new TypeError('a fragment is on a type that the schema does not have')
    return type
  }

  /** An abstract type without implementations stands for itself, so that its own protection holds. */
  #possible(type: GraphQLCompositeType): readonly string[] {
    let possible = this.#possibleTypes.get(type.name)
    if (possible === undefined) {
      const types = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : []
      this.#possibleTypes.set(type.name, (possible = types.length === 0 ? [type.name] : types.map(({ name }) => name)))
    }
    return possible
  }
}

/** Whether a selection set asks something of every object it meets, not only of those that its fragments pick. */
function asksOfAll(selectionSet: SelectionSetNode): boolean {
  return selectionSet.selections.some((node) => {
    if (conditionsOf(node.directives) === undefined) return false
    if (node.kind === Kind.FIELD) return node.name.value !== '__typename'
    return node.kind === Kind.INLINE_FRAGMENT && node.typeCondition === undefined && asksOfAll(node.selectionSet)
  })
}

function withTypename(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  return selections.some(isPlainTypename) ? selections : [...selections, TYPENAME]
}

function isPlainTypename(node: SelectionNode): boolean {
  return node.kind === Kind.FIELD && node.name.value === '__typename' && (node.alias === undefined || node.alias.value === '__typename') && (node.directives?.length ?? 0) === 0
}

function writtenOut(node: FragmentSpreadNode | InlineFragmentNode, typeCondition: NamedTypeNode | undefined, selections: readonly SelectionNode[]): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    ...(typeCondition === undefined ? {} : { typeCondition }),
    ...(node.directives === undefined ? {} : { directives: node.directives }),
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  }
}

function leaf(key: string, name: string, type: GraphQLOutputType, denied: boolean): ShapeField {
  return { kind: 'field', key, name, type, when: [], denied, selections: undefined }
}

function listMarks(type: GraphQLOutputType): readonly string[] {
  if (isNonNullType(type)) return listMarks(type.ofType)
  return isListType(type) ? ['@', ...listMarks(type.ofType)] : []
}

function intersection(left: readonly string[], right: readonly string[]): readonly string[] {
  const others = new Set(right)
  return left.filter((name) => others.has(name))
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index])
}
