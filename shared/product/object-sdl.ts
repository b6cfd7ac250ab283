import type { ProductProperty, ProductRelationship } from '../contract/index.ts'
import { productAccess, propertyAccess } from './access-directives.ts'
import { objectDeprecation, propertyDeprecation } from './deprecation-directive.ts'
import { enumTypeName, getObject, getProperty, isComparable, type DomainModel, type ObjectModel } from './domain-model.ts'
import { scalarName } from './scalars.ts'
import { sdlBlock, type SdlMember } from './sdl-writer.ts'
import { enumFilterSdl, listFilterSdl } from './shared-sdl.ts'

/** The object's own type, its connection, its enums, and what filters and sorts it. */
export function objectSdl(model: DomainModel, object: ObjectModel): string[] {
  return [...enumsSdl(object), entitySdl(model, object), ...connectionSdl(object), whereSdl(model, object), ...manyWhereSdl(model, object), ...orderBySdl(model, object)]
}

/** Type of a property's value, without nullability: `String`, `SalesOrderStatus`, `[Date!]`. */
export function valueType(object: ObjectModel, property: ProductProperty): string {
  const name = property.type === 'enum' ? enumTypeName(object, property) : scalarName(property.type)
  return property.list ? `[${name}]` : name
}

/** Arguments of a field that pages through an object's rows. */
export function pageArguments(object: ObjectModel): string {
  const { where } = object.names
  const orderBy = hasOrder(object) ? `, orderBy: [${object.names.orderBy}!]` : ''
  return `where: ${where}${orderBy}, first: Int, after: String, last: Int, before: String`
}

/** Arguments of a field that aggregates an object's rows. */
export function aggregateArguments(object: ObjectModel): string {
  const { names } = object
  const groupBy = hasGroups(object) ? `, groupBy: [${names.groupBy}!]` : ''
  return `where: ${names.where}${groupBy}, having: ${names.having}, orderBy: [${names.aggregateOrderBy}!], first: Int`
}

export function hasOrder(object: ObjectModel): boolean {
  return object.object.properties.some(isComparable)
}

export function hasGroups(object: ObjectModel): boolean {
  return object.object.properties.some((property) => isComparable(property) && property.type !== 'number')
}

/** Filter type of a property: shared by scalar, or the enum's own. */
export function filterType(object: ObjectModel, property: ProductProperty): string {
  if (property.type === 'json') return 'PresenceFilter'
  return `${property.type === 'enum' ? enumTypeName(object, property) : scalarName(property.type)}${property.list ? 'List' : ''}Filter`
}

function enumsSdl(object: ObjectModel): string[] {
  return object.object.properties.filter((property) => property.type === 'enum').flatMap((property) => {
    const name = enumTypeName(object, property)
    const members = (property.values ?? []).map((value) => ({ text: value.name, description: value.description }))
    const filter = property.list ? listFilterSdl(`${name}ListFilter`, name) : enumFilterSdl(`${name}Filter`, name)
    return [sdlBlock(`enum ${name}`, members, `Values of ${object.object.typeName}.${property.field}.`), filter]
  })
}

function entitySdl(model: DomainModel, object: ObjectModel): string {
  const keys = object.object.keys.map((fields) => ` @key(fields: ${JSON.stringify(fields.join(' '))})`).join('')
  const members: SdlMember[] = object.object.properties.map((property) => ({
    text: `${property.field}: ${valueType(object, property)}${isNonNull(object, property) ? '!' : ''}${propertyAccess(property)}${propertyDeprecation(model, object, property)}`,
    description: property.description,
  }))
  for (const { relationship, aggregateField } of object.relationships.values()) {
    members.push(...relationshipMembers(model, relationship, aggregateField))
  }
  return sdlBlock(`type ${object.object.typeName}${keys} ${productAccess(object.product)}`, members, object.object.description)
}

/** Whether the graph promises a value: one that may be masked must be allowed to be absent, so only what nobody would mask. */
export function isNonNull(object: ObjectModel, property: ProductProperty): boolean {
  const isOpen = property.classification === undefined || property.classification === 'public' || property.classification === 'internal'
  const isPresent = property.required || object.object.keys.some((key) => key.includes(property.field))
  return isPresent && isOpen && property.readScopes.length === 0
}

function relationshipMembers(model: DomainModel, relationship: ProductRelationship, aggregateField: string): SdlMember[] {
  const to = getObject(model, relationship.toType)
  const deprecation = objectDeprecation(model, to)
  if (relationship.cardinality === 'one') return [{ text: `${relationship.field}: ${to.object.typeName}${deprecation}`, description: relationship.description }]
  return [
    { text: `${relationship.field}(${pageArguments(to)}): ${to.names.connection}${deprecation}`, description: relationship.description },
    { text: `${aggregateField}(${aggregateArguments(to)}): [${to.names.aggregate}!]${deprecation}`, description: `Aggregates over ${relationship.field}.` },
  ]
}

function connectionSdl(object: ObjectModel): string[] {
  const type = object.object.typeName
  const access = productAccess(object.product)
  return [
    sdlBlock(`type ${object.names.connection} ${access}`, [
      { text: `edges: [${object.names.edge}!]!` },
      { text: `nodes: [${type}]!`, description: 'The rows of the page, without cursors.' },
      { text: 'pageInfo: PageInfo!' },
      { text: 'totalCount: Int!', description: 'Rows that match, on all pages; counted only when asked for.' },
    ], `A page of ${type}.`),
    sdlBlock(`type ${object.names.edge} ${access}`, [{ text: 'cursor: String!' }, { text: `node: ${type}` }], `A row of a page of ${type}.`),
  ]
}

function whereSdl(model: DomainModel, object: ObjectModel): string {
  const { where } = object.names
  const members: SdlMember[] = object.object.properties.map((property) => ({ text: `${property.field}: ${filterType(object, property)}${propertyDeprecation(model, object, property)}` }))
  for (const { relationship } of object.relationships.values()) {
    const to = getObject(model, relationship.toType)
    members.push({ text: `${relationship.field}: ${relationship.cardinality === 'one' ? to.names.where : to.names.manyWhere}` })
  }
  members.push({ text: `and: [${where}!]` }, { text: `or: [${where}!]` }, { text: `not: ${where}` })
  return sdlBlock(`input ${where}`, members, `Which ${object.object.typeName}; several conditions hold together.`)
}

function manyWhereSdl(model: DomainModel, object: ObjectModel): string[] {
  if (!isReachedAsMany(model, object)) return []
  const { where, manyWhere } = object.names
  return [
    sdlBlock(`input ${manyWhere}`, [
      { text: `some: ${where}`, description: 'At least one matches.' },
      { text: `none: ${where}`, description: 'None matches.' },
      { text: `every: ${where}`, description: 'All match, or there are none.' },
    ], `Conditions on the related ${object.object.typeName}.`),
  ]
}

function isReachedAsMany(model: DomainModel, object: ObjectModel): boolean {
  return [...model.objects.values()].some((other) =>
    other.object.relationships.some((relationship) => relationship.toType === object.object.typeName && relationship.cardinality === 'many'),
  )
}

function orderBySdl(model: DomainModel, object: ObjectModel): string[] {
  const members = object.object.properties.filter(isComparable).map((property) => ({ text: `${property.field}: SortDirection${propertyDeprecation(model, object, property)}` }))
  if (members.length === 0) return []
  return [sdlBlock(`input ${object.names.orderBy}`, members, `One field to sort ${object.object.typeName} by; ties are broken by the next, at last by the key.`)]
}

/** The fields under the domain's root. */
export function rootMembers(model: DomainModel, object: ObjectModel): SdlMember[] {
  const { fields, typeName, description } = object.object
  const deprecation = objectDeprecation(model, object)
  const members: SdlMember[] = [{ text: `${fields.list}(${pageArguments(object)}): ${object.names.connection}${deprecation}`, description }]
  if (object.primaryKey !== undefined) {
    const args = object.primaryKey.map((field) => `${field}: ${valueType(object, getProperty(object, field))}!`).join(', ')
    members.push({ text: `${fields.byKey}(${args}): ${typeName}${deprecation}`, description: `The ${typeName} with this key, if the caller may see it.` })
  }
  members.push({ text: `${fields.aggregate}(${aggregateArguments(object)}): [${object.names.aggregate}!]${deprecation}`, description: `Aggregates over ${fields.list}: one entry for each group, one in all without \`groupBy\`.` })
  return members
}
