import {
  rootFieldOf,
  rootTypeOf,
  type DataProduct,
  type ProductObject,
  type ProductProperty,
  type ProductRelationship,
  type PropertyType,
} from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'

/** A domain's contracts, indexed for whoever writes its schema or answers its queries. */
export interface DomainModel {
  readonly domain: string
  /** Field of `Query` under which the domain's fields stand, and its type: `sales`, `SalesQuery`. */
  readonly rootField: string
  readonly rootType: string
  /** By type name, in the order of the contracts. */
  readonly objects: ReadonlyMap<string, ObjectModel>
}

export interface ObjectModel {
  readonly product: DataProduct
  readonly object: ProductObject
  /** By field name. */
  readonly fields: ReadonlyMap<string, ProductProperty>
  /** By field name; each leads to an object of this domain. */
  readonly relationships: ReadonlyMap<string, RelationshipModel>
  /** Fields of the first declared key; undefined where the contract declares none. */
  readonly primaryKey: readonly string[] | undefined
  readonly names: ObjectTypeNames
}

export interface RelationshipModel {
  readonly relationship: ProductRelationship
  /** Name of the aggregate field beside a relationship to many. */
  readonly aggregateField: string
}

/** Names of the types that stand beside an object's own. */
export interface ObjectTypeNames {
  readonly connection: string
  readonly edge: string
  readonly where: string
  readonly orderBy: string
  readonly manyWhere: string
  readonly aggregate: string
  readonly group: string
  readonly groupBy: string
  readonly groupField: string
  readonly counts: string
  readonly sums: string
  readonly averages: string
  readonly extremes: string
  readonly having: string
  readonly countsHaving: string
  readonly sumsHaving: string
  readonly averagesHaving: string
  readonly extremesHaving: string
  readonly aggregateOrderBy: string
  readonly groupOrderBy: string
  readonly countsOrderBy: string
  readonly sumsOrderBy: string
  readonly averagesOrderBy: string
  readonly extremesOrderBy: string
}

/**
 * Indexes the products of one domain.
 *
 * @throws CONTRACT_INVALID two objects claim one type or field name, or a relationship leads nowhere.
 */
export function buildDomainModel(products: readonly DataProduct[]): DomainModel {
  const domain = products[0]?.domain
  if (domain === undefined) throw new GatewayError('CONTRACT_INVALID', 'a domain has at least one data product')
  const stranger = products.find((product) => product.domain !== domain)
  if (stranger !== undefined) throw new GatewayError('CONTRACT_INVALID', `${stranger.urn} belongs to ${stranger.domain}, not to ${domain}`)
  const objects = new Map<string, ObjectModel>()
  for (const product of products) {
    for (const object of product.objects) {
      if (objects.has(object.typeName)) throw new GatewayError('CONTRACT_INVALID', `two objects of ${domain} are called ${object.typeName}`)
      objects.set(object.typeName, buildObjectModel(product, object))
    }
  }
  const model = { domain, rootField: rootFieldOf(domain), rootType: rootTypeOf(domain), objects }
  assertConsistent(model)
  return model
}

/** The object of a type name that is known to belong to the domain. */
export function getObject(model: DomainModel, typeName: string): ObjectModel {
  const found = model.objects.get(typeName)
  if (found === undefined) throw new TypeError(`${typeName} is not an object of ${model.domain}`)
  return found
}

/** What a field under the domain's root leads to. */
export interface RootField {
  readonly object: ObjectModel
  readonly kind: 'list' | 'byKey' | 'aggregate'
}

export function findRootField(model: DomainModel, name: string): RootField | undefined {
  for (const object of model.objects.values()) {
    const { list, byKey, aggregate } = object.object.fields
    if (name === list) return { object, kind: 'list' }
    if (name === aggregate) return { object, kind: 'aggregate' }
    if (name === byKey && object.primaryKey !== undefined) return { object, kind: 'byKey' }
  }
  return undefined
}

export function getProperty(object: ObjectModel, field: string): ProductProperty {
  const found = object.fields.get(field)
  if (found === undefined) throw new TypeError(`${object.object.typeName} has no field ${field}`)
  return found
}

/** Name of an enum property's type: `SalesOrderStatus`. */
export function enumTypeName(object: ObjectModel, property: ProductProperty): string {
  return `${object.object.typeName}${upperFirst(property.field)}`
}

/** Whether rows can be compared by the property: filters, order, groups. */
export function isComparable(property: ProductProperty): boolean {
  return !property.list && property.type !== 'json'
}

/** Whether groups can be made by the property; equal floating-point numbers are an accident. */
export function isGroupable(property: ProductProperty): boolean {
  return isComparable(property) && property.type !== 'number'
}

const SUMMABLE: ReadonlySet<PropertyType> = new Set<PropertyType>(['integer', 'bigint', 'number', 'decimal'])

export function isSummable(property: ProductProperty): boolean {
  return !property.list && SUMMABLE.has(property.type)
}

/** Whether the property has a least and a greatest value worth asking for. */
export function hasExtremes(property: ProductProperty): boolean {
  return isComparable(property) && property.type !== 'boolean' && property.type !== 'enum' && property.type !== 'id'
}

export function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function buildObjectModel(product: DataProduct, object: ProductObject): ObjectModel {
  const fields = new Map(object.properties.map((property) => [property.field, property]))
  const relationships = new Map(
    object.relationships.map((relationship) => [relationship.field, { relationship, aggregateField: `${relationship.field}Aggregate` }]),
  )
  return { product, object, fields, relationships, primaryKey: object.keys[0], names: typeNames(object.typeName) }
}

function typeNames(type: string): ObjectTypeNames {
  return {
    connection: `${type}Connection`,
    edge: `${type}Edge`,
    where: `${type}Where`,
    manyWhere: `${type}ManyWhere`,
    orderBy: `${type}OrderBy`,
    aggregate: `${type}Aggregate`,
    group: `${type}Group`,
    groupBy: `${type}GroupBy`,
    groupField: `${type}GroupField`,
    counts: `${type}Counts`,
    sums: `${type}Sums`,
    averages: `${type}Averages`,
    extremes: `${type}Extremes`,
    having: `${type}Having`,
    countsHaving: `${type}CountsHaving`,
    sumsHaving: `${type}SumsHaving`,
    averagesHaving: `${type}AveragesHaving`,
    extremesHaving: `${type}ExtremesHaving`,
    aggregateOrderBy: `${type}AggregateOrderBy`,
    groupOrderBy: `${type}GroupOrderBy`,
    countsOrderBy: `${type}CountsOrderBy`,
    sumsOrderBy: `${type}SumsOrderBy`,
    averagesOrderBy: `${type}AveragesOrderBy`,
    extremesOrderBy: `${type}ExtremesOrderBy`,
  }
}

/** What a filter input has beside an object's fields. */
const RESERVED_FIELDS: ReadonlySet<string> = new Set(['and', 'or', 'not'])

function assertConsistent(model: DomainModel): void {
  const types = new Set<string>()
  for (const object of model.objects.values()) {
    const enums = object.object.properties.filter((property) => property.type === 'enum').map((property) => enumTypeName(object, property))
    for (const name of [object.object.typeName, ...Object.values<string>({ ...object.names }), ...enums]) claim(types, name, `type ${name} of ${model.domain}`)
    const fields = new Set<string>()
    const reserved = [...object.fields.keys(), ...object.relationships.keys()].find((field) => RESERVED_FIELDS.has(field))
    if (reserved !== undefined) throw new GatewayError('CONTRACT_INVALID', `field ${object.object.typeName}.${reserved}: the name is reserved in filters; name it otherwise with graphqlName`)
    for (const field of object.fields.keys()) claim(fields, field, `field ${object.object.typeName}.${field}`)
    for (const { relationship, aggregateField } of object.relationships.values()) {
      claim(fields, relationship.field, `field ${object.object.typeName}.${relationship.field}`)
      if (relationship.cardinality === 'many') claim(fields, aggregateField, `field ${object.object.typeName}.${aggregateField}`)
      assertRelationship(model, object, relationship)
    }
    const unknown = object.object.rowFilters.find((filter) => !object.fields.has(filter.field))
    if (unknown !== undefined) throw new GatewayError('CONTRACT_INVALID', `${object.object.typeName}: the row filter names ${unknown.field}, which it does not have`)
  }
  const roots = new Set<string>(['_products'])
  for (const { object } of model.objects.values()) {
    claim(roots, object.fields.list, `field ${object.fields.list} of ${model.domain}`)
    claim(roots, object.fields.aggregate, `field ${object.fields.aggregate} of ${model.domain}`)
    if (object.keys.length > 0) claim(roots, object.fields.byKey, `field ${object.fields.byKey} of ${model.domain}`)
  }
}

function claim(taken: Set<string>, name: string, what: string): void {
  if (taken.has(name)) throw new GatewayError('CONTRACT_INVALID', `${what} is declared twice; name one of them otherwise with graphqlName`)
  taken.add(name)
}

function assertRelationship(model: DomainModel, from: ObjectModel, relationship: ProductRelationship): void {
  const place = `${from.object.typeName}.${relationship.field}`
  const to = model.objects.get(relationship.toType)
  if (to === undefined) throw new GatewayError('CONTRACT_INVALID', `${place} leads to ${relationship.toType}, which ${model.domain} does not have`)
  for (const pair of relationship.on) {
    if (!from.fields.has(pair.from)) throw new GatewayError('CONTRACT_INVALID', `${place} joins on ${pair.from}, which ${from.object.typeName} does not have`)
    if (!to.fields.has(pair.to)) throw new GatewayError('CONTRACT_INVALID', `${place} joins on ${pair.to}, which ${relationship.toType} does not have`)
  }
}
