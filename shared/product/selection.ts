import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { ProductProperty, ProductRelationship } from '../contract/index.ts'
import { AGGREGATE_FUNCTIONS, type AggregateFunction } from './aggregate-sdl.ts'
import { getObject, getProperty, type DomainModel, type ObjectModel } from './domain-model.ts'

/** What is needed to read a selection: the document's fragments and the request's variables. */
export interface SelectionContext {
  readonly schema: GraphQLSchema
  readonly model: DomainModel
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode | undefined>>
  readonly variables: Readonly<Record<string, unknown>>
  /** Fields that a domain's own resolvers need beside those that were selected, by coordinate. */
  readonly requirements: ReadonlyMap<string, readonly string[]>
}

export type FieldArguments = Readonly<Record<string, unknown>>

/** What is asked of the rows of one object. */
export interface RowSelection {
  readonly object: ObjectModel
  readonly properties: readonly ProductProperty[]
  readonly related: readonly RelatedSelection[]
  /** The document's parts that it was read from. */
  readonly sets: readonly SelectionSetNode[]
  /** What the answer shows of a row, in its order; undefined where a domain's own resolver has a part in it. */
  readonly output: readonly RowOutput[] | undefined
}

export type RowOutput =
  | { readonly kind: 'property'; readonly responseKey: string; readonly property: ProductProperty }
  | { readonly kind: 'typename'; readonly responseKey: string }
  | { readonly kind: 'related'; readonly responseKey: string; readonly related: RelatedSelection }

/** A relationship, under the name that it has in the response. */
export interface RelatedSelection {
  readonly responseKey: string
  readonly relationship: ProductRelationship
  readonly content:
    | { readonly kind: 'row'; readonly rows: RowSelection }
    | { readonly kind: 'page'; readonly page: PageSelection; readonly args: FieldArguments }
    | { readonly kind: 'aggregate'; readonly aggregate: AggregateSelection; readonly args: FieldArguments }
}

/** What is asked of a connection; `nodes`, `edges` and `node` by response key, since each alias may ask for something else. */
export interface PageSelection {
  readonly object: ObjectModel
  readonly nodes: ReadonlyMap<string, RowSelection>
  readonly edges: ReadonlyMap<string, EdgeSelection>
  readonly pageInfo: boolean
  readonly totalCount: boolean
  /** What the answer shows of a page, in its order. */
  readonly fields: Fields
}

export interface EdgeSelection {
  readonly cursor: boolean
  readonly nodes: ReadonlyMap<string, RowSelection>
  readonly fields: Fields
}

/** What is asked of an aggregate field. */
export interface AggregateSelection {
  readonly object: ObjectModel
  readonly sets: readonly SelectionSetNode[]
  readonly values: readonly { readonly name: AggregateFunction; readonly property: ProductProperty }[]
}

/** Selected fields by response key, in the order of the answer. */
export type Fields = ReadonlyMap<string, readonly FieldNode[]>

/** Selected fields of an object type by response key: fragments inlined, `@skip` and `@include` applied. */
export function collectFields(context: SelectionContext, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Fields {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()
  const visit = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (!isIncluded(context, selection)) continue
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const known = fields.get(key)
        if (known === undefined) fields.set(key, [selection])
        else known.push(selection)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : findFragment(context, selection.name.value, visited)
      if (fragment !== undefined && applies(context, fragment.typeCondition?.name.value, type)) visit(fragment.selectionSet)
    }
  }
  sets.forEach(visit)
  return fields
}

/** Reads what is asked of an object's rows. */
export function readRowSelection(context: SelectionContext, object: ObjectModel, sets: readonly SelectionSetNode[]): RowSelection {
  const type = getObjectType(context, object.object.typeName)
  const properties = new Map<string, ProductProperty>()
  const outputs: (RowOutput | undefined)[] = []
  for (const [responseKey, nodes] of collectFields(context, type, sets)) {
    const name = nodes[0]?.name.value ?? ''
    const output = readOutput(context, object, type, { responseKey, name, nodes })
    outputs.push(output)
    if (output?.kind === 'property') properties.set(name, output.property)
    for (const field of context.requirements.get(`${type.name}.${name}`) ?? []) properties.set(field, getProperty(object, field))
  }
  const known = outputs.filter((output) => output !== undefined)
  const related = known.flatMap((output) => (output.kind === 'related' ? [output.related] : []))
  return { object, properties: [...properties.values()], related, sets, output: known.length === outputs.length ? known : undefined }
}

function readOutput(context: SelectionContext, object: ObjectModel, type: GraphQLObjectType, field: SelectedField): RowOutput | undefined {
  const { responseKey, name } = field
  const property = object.fields.get(name)
  if (property !== undefined) return { kind: 'property', responseKey, property }
  if (name === '__typename') return { kind: 'typename', responseKey }
  const related = readRelated(context, object, type, field)
  return related === undefined ? undefined : { kind: 'related', responseKey, related }
}

interface SelectedField {
  readonly responseKey: string
  readonly name: string
  readonly nodes: readonly FieldNode[]
}

function readRelated(context: SelectionContext, object: ObjectModel, type: GraphQLObjectType, field: SelectedField): RelatedSelection | undefined {
  const { responseKey, nodes } = field
  const found = [...object.relationships.values()].find((entry) => entry.relationship.field === field.name || entry.aggregateField === field.name)
  if (found === undefined) return undefined
  const { relationship } = found
  const to = getObject(context.model, relationship.toType)
  if (relationship.cardinality === 'one') {
    return { responseKey, relationship, content: { kind: 'row', rows: readRowSelection(context, to, subSelections(nodes)) } }
  }
  const args = readArguments(context, type, nodes)
  if (field.name === found.aggregateField) {
    return { responseKey, relationship, content: { kind: 'aggregate', args, aggregate: readAggregateSelection(context, to, subSelections(nodes)) } }
  }
  return { responseKey, relationship, content: { kind: 'page', args, page: readPageSelection(context, to, subSelections(nodes)) } }
}

/** Reads what is asked of a connection. */
export function readPageSelection(context: SelectionContext, object: ObjectModel, sets: readonly SelectionSetNode[]): PageSelection {
  const fields = collectFields(context, getObjectType(context, object.names.connection), sets)
  const edges = new Map<string, EdgeSelection>()
  for (const [key, nodes] of fieldsNamed(fields, 'edges')) {
    const edgeFields = collectFields(context, getObjectType(context, object.names.edge), subSelections(nodes))
    const cursor = fieldsNamed(edgeFields, 'cursor').length > 0
    edges.set(key, { cursor, nodes: readRowsOf(context, object, fieldsNamed(edgeFields, 'node')), fields: edgeFields })
  }
  return {
    object,
    nodes: readRowsOf(context, object, fieldsNamed(fields, 'nodes')),
    edges,
    pageInfo: fieldsNamed(fields, 'pageInfo').length > 0,
    totalCount: fieldsNamed(fields, 'totalCount').length > 0,
    fields,
  }
}

type NamedFields = readonly (readonly [string, readonly FieldNode[]])[]

function fieldsNamed(fields: Fields, name: string): NamedFields {
  return [...fields].filter(([, nodes]) => nodes[0]?.name.value === name)
}

function readRowsOf(context: SelectionContext, object: ObjectModel, fields: NamedFields): ReadonlyMap<string, RowSelection> {
  return new Map(fields.map(([key, nodes]) => [key, readRowSelection(context, object, subSelections(nodes))]))
}

/** Reads what is asked of an aggregate field. */
export function readAggregateSelection(context: SelectionContext, object: ObjectModel, sets: readonly SelectionSetNode[]): AggregateSelection {
  const type = getObjectType(context, object.names.aggregate)
  const values = new Map<string, { readonly name: AggregateFunction; readonly property: ProductProperty }>()
  const fields = namedFields(context, type.name, sets)
  for (const name of AGGREGATE_FUNCTIONS) {
    const asked = fields.get(name)
    const fieldType = type.getFields()[name]?.type
    if (asked === undefined || fieldType === undefined) continue
    for (const field of namedFields(context, getNamedType(fieldType).name, asked).keys()) {
      const property = object.fields.get(field)
      if (property !== undefined) values.set(`${name} ${field}`, { name, property })
    }
  }
  return { object, sets, values: [...values.values()] }
}

/** Coerced arguments of a field. */
export function readArguments(context: SelectionContext, type: GraphQLObjectType, nodes: readonly FieldNode[]): FieldArguments {
  const [node] = nodes
  const definition = node === undefined ? undefined : type.getFields()[node.name.value]
  if (node === undefined || definition === undefined) return {}
  return getArgumentValues(definition, node, context.variables)
}

/** Sub-selections of a field that was selected in one or several places. */
export function subSelections(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap((node) => (node.selectionSet === undefined ? [] : [node.selectionSet]))
}

// By field name, whatever the alias: fields without arguments are the same under every name.
function namedFields(context: SelectionContext, typeName: string, sets: readonly SelectionSetNode[]): Map<string, SelectionSetNode[]> {
  const named = new Map<string, SelectionSetNode[]>()
  for (const nodes of collectFields(context, getObjectType(context, typeName), sets).values()) {
    const name = nodes[0]?.name.value ?? ''
    named.set(name, [...(named.get(name) ?? []), ...subSelections(nodes)])
  }
  return named
}

/** An object type that the schema is known to have. */
export function getObjectType(context: SelectionContext, name: string): GraphQLObjectType {
  const type = context.schema.getType(name)
  if (!isObjectType(type)) throw new TypeError(`${name} is not an object type of the schema`)
  return type
}

function findFragment(context: SelectionContext, name: string, visited: Set<string>): FragmentDefinitionNode | undefined {
  if (visited.has(name)) return undefined
  visited.add(name)
  return Object.hasOwn(context.fragments, name) ? context.fragments[name] : undefined
}

function applies(context: SelectionContext, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true
  const conditionType = context.schema.getType(condition)
  return isAbstractType(conditionType) && context.schema.isSubType(conditionType, type)
}

function isIncluded(context: SelectionContext, node: SelectionNode): boolean {
  if ((node.directives?.length ?? 0) === 0) return true
  if (getDirectiveValues(GraphQLSkipDirective, node, context.variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, context.variables)?.['if'] !== false
}
