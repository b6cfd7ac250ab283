import type { Principal } from '@polyseme/kit/identity'
import { buildASTSchema, getNamedType, isAbstractType, isCompositeType, isInterfaceType, isObjectType, Kind, parse, printSchema, visit } from 'graphql'
import type { DocumentNode, GraphQLSchema, NamedTypeNode, TypeDefinitionNode } from 'graphql'
import { WeightedCache } from '../operation/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { Decider, Decision } from './decision.ts'
import { federationDecider } from './federation-decider.ts'
import { rightsOf, type Rights } from './read-rights.ts'

/**
 * The supergraph as a caller may know it: its API schema has only what the caller may read, in clear or masked.
 *
 * For introspection, and for parsing operations where a field that is forbidden must look like one that does not exist.
 * Authorize with the whole supergraph: who cannot see a type must still be denied what would return it.
 *
 * Costs one decision per protected coordinate of the graph; schemas are cached by the outcome, 32 per set of rules.
 */
export function seenBy(principal: Principal | undefined, supergraph: Supergraph, decider: Decider = federationDecider(supergraph)): Supergraph {
  const { coordinates, views } = accessOf(supergraph, decider)
  const decisions = new Map<string, Decision>()
  let key = ''
  for (const coordinate of coordinates) {
    const decision = decider.decide(coordinate, principal)
    decisions.set(coordinate, decision)
    key += decision.kind === 'deny' ? '-' : '+'
  }
  if (!key.includes('-')) return supergraph
  let view = views.get(key)
  if (view === undefined) views.set(key, (view = { ...supergraph, apiSchema: visibleSchema(supergraph.apiSchema, rightsOf(decisions, supergraph, decider)) }))
  return view
}

interface GraphAccess {
  readonly coordinates: readonly string[]
  readonly views: WeightedCache<string, Supergraph>
}

const MAX_VIEWS = 32
const accesses = new WeakMap<Decider, WeakMap<Supergraph, GraphAccess>>()

function accessOf(supergraph: Supergraph, decider: Decider): GraphAccess {
  let bySupergraph = accesses.get(decider)
  if (bySupergraph === undefined) accesses.set(decider, (bySupergraph = new WeakMap()))
  let access = bySupergraph.get(supergraph)
  if (access === undefined) bySupergraph.set(supergraph, (access = { coordinates: coordinatesOf(supergraph).filter((coordinate) => decider.concerns(coordinate)), views: new WeightedCache(MAX_VIEWS) }))
  return access
}

function coordinatesOf({ apiSchema, requires }: Supergraph): readonly string[] {
  const all = new Set<string>([...requires.values()].flat())
  for (const type of Object.values(apiSchema.getTypeMap())) {
    all.add(type.name)
    if (isObjectType(type) || isInterfaceType(type)) for (const field of Object.keys(type.getFields())) all.add(`${type.name}.${field}`)
  }
  return [...all].sort()
}

const documents = new WeakMap<GraphQLSchema, DocumentNode>()

function visibleSchema(schema: GraphQLSchema, rights: Rights): GraphQLSchema {
  let document = documents.get(schema)
  if (document === undefined) documents.set(schema, (document = parse(printSchema(schema), { noLocation: true })))
  const visible = new VisibleParts(schema, rights)
  const filtered = visit(document, {
    ObjectTypeDefinition: (node) => (visible.hasType(node.name.value) ? { ...node, interfaces: keepTypes(node.interfaces, visible) } : null),
    InterfaceTypeDefinition: (node) => (visible.hasType(node.name.value) ? { ...node, interfaces: keepTypes(node.interfaces, visible) } : null),
    UnionTypeDefinition: (node) => (visible.hasType(node.name.value) ? { ...node, types: keepTypes(node.types, visible) } : null),
    OperationTypeDefinition: (node) => (visible.hasType(node.type.name.value) ? undefined : null),
    FieldDefinition: (node, _key, _parent, _path, ancestors) => {
      const parent = ancestors.findLast((ancestor): ancestor is TypeDefinitionNode => 'kind' in ancestor && 'fields' in ancestor)
      return parent === undefined || visible.hasField(parent.name.value, node.name.value) ? undefined : null
    },
  })
  return buildASTSchema(withoutUnreachable(filtered, schema), { assumeValid: true, assumeValidSDL: true })
}

function keepTypes(nodes: readonly NamedTypeNode[] | undefined, visible: VisibleParts): readonly NamedTypeNode[] {
  return (nodes ?? []).filter(({ name }) => visible.hasType(name.value))
}

/** Which types and fields are left when denied ones go, and with them every field that would return nothing. */
class VisibleParts {
  readonly #fields = new Map<string, Set<string>>()
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema, rights: Rights) {
    this.#schema = schema
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type)) continue
      const readable = Object.values(type.getFields()).filter((field) => rights.mayReadField(type.name, field.name, field.type))
      this.#fields.set(type.name, new Set(readable.map(({ name }) => name)))
    }
    while (this.#dropFieldsOfEmptyTypes()) continue
  }

  hasType(name: string): boolean {
    const type = this.#schema.getType(name)
    if (isObjectType(type)) return type === this.#schema.getQueryType() || (this.#fields.get(name)?.size ?? 0) > 0
    if (!isAbstractType(type)) return true
    return this.#schema.getPossibleTypes(type).some((possible) => this.hasType(possible.name))
  }

  /** A field of an interface is there when every implementation that is there has it. */
  hasField(typeName: string, field: string): boolean {
    const type = this.#schema.getType(typeName)
    if (!isInterfaceType(type)) return this.#fields.get(typeName)?.has(field) ?? true
    return this.#schema.getPossibleTypes(type).every(({ name }) => !this.hasType(name) || this.#fields.get(name)?.has(field) === true)
  }

  #dropFieldsOfEmptyTypes(): boolean {
    let dropped = false
    for (const [typeName, fields] of this.#fields) {
      const type = this.#schema.getType(typeName)
      if (!isObjectType(type)) continue
      for (const field of fields) {
        const returned = getNamedType(type.getFields()[field]?.type)
        if (returned !== undefined && isCompositeType(returned) && !this.hasType(returned.name)) dropped = fields.delete(field) || dropped
      }
    }
    return dropped
  }
}

/** Leaves out every type that no root leads to: its name would tell that it exists. */
function withoutUnreachable(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const definitions = new Map(document.definitions.flatMap((node) => ('name' in node && node.name !== undefined && node.kind !== Kind.DIRECTIVE_DEFINITION ? [[node.name.value, node] as const] : [])))
  const implementers = new Map<string, string[]>()
  for (const [name, node] of definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const one of node.interfaces ?? []) implementers.set(one.name.value, [...(implementers.get(one.name.value) ?? []), name])
  }
  const reached = new Set<string>()
  const open = [schema.getQueryType(), schema.getMutationType()].flatMap((root) => (root === undefined || root === null ? [] : [root.name]))
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = definitions.get(name)
    if (reached.has(name) || node === undefined) continue
    reached.add(name)
    open.push(...(implementers.get(name) ?? []))
    visit(node, { NamedType: ({ name: type }) => void open.push(type.value) })
  }
  return { ...document, definitions: document.definitions.filter((node) => !('name' in node) || node.name === undefined || node.kind === Kind.DIRECTIVE_DEFINITION || reached.has(node.name.value)) }
}
