import type { ProductProperty, PropertyType } from '../contract/index.ts'
import { productAccess, propertyAccess } from './access-directives.ts'
import { propertyDeprecation } from './deprecation-directive.ts'
import { hasExtremes, isComparable, isGroupable, isSummable, type DomainModel, type ObjectModel } from './domain-model.ts'
import { filterType, valueType } from './object-sdl.ts'
import { scalarName } from './scalars.ts'
import { sdlBlock, type SdlMember } from './sdl-writer.ts'

/** Functions over one property that an aggregate has, in the order in which they are documented. */
export const AGGREGATE_FUNCTIONS = ['countDistinct', 'sum', 'avg', 'min', 'max'] as const
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number]

interface FunctionShape {
  readonly types: 'counts' | 'sums' | 'averages' | 'extremes'
  readonly applies: (property: ProductProperty) => boolean
  readonly resultType: (object: ObjectModel, property: ProductProperty) => string
  readonly doc: string
}

const SHAPES: Readonly<Record<AggregateFunction, FunctionShape>> = {
  countDistinct: { types: 'counts', applies: isComparable, resultType: () => 'Int', doc: 'Different values, absent ones not counted.' },
  sum: { types: 'sums', applies: isSummable, resultType: (_object, property) => scalarName(sumType(property.type)), doc: 'Null over no value at all.' },
  avg: { types: 'averages', applies: isSummable, resultType: () => 'Float', doc: 'Mean of the values that are there.' },
  min: { types: 'extremes', applies: hasExtremes, resultType: valueType, doc: 'Least value.' },
  max: { types: 'extremes', applies: hasExtremes, resultType: valueType, doc: 'Greatest value.' },
}

/** Functions that the object has at all: an object without numbers has no sums. */
export function aggregateFunctions(object: ObjectModel): readonly AggregateFunction[] {
  return AGGREGATE_FUNCTIONS.filter((name) => object.object.properties.some(SHAPES[name].applies))
}

/** Type of a sum: wide enough never to overflow. */
export function sumType(type: PropertyType): 'bigint' | 'decimal' | 'number' {
  if (type === 'integer' || type === 'bigint') return 'bigint'
  return type === 'decimal' ? 'decimal' : 'number'
}

/** Everything an object's aggregate field needs. */
export function aggregateSdl(model: DomainModel, object: ObjectModel): string[] {
  const functions = aggregateFunctions(object)
  const shapes = [...new Map(functions.map((name) => [SHAPES[name].types, SHAPES[name]])).values()]
  return [
    resultSdl(object, functions),
    ...groupSdl(model, object),
    ...shapes.flatMap((shape) => shapeSdl(model, object, shape)),
    conditionSdl(object, functions),
    orderSdl(object, functions),
  ]
}

function resultSdl(object: ObjectModel, functions: readonly AggregateFunction[]): string {
  const groupable = object.object.properties.some(isGroupable)
  const members: SdlMember[] = [
    ...(groupable ? [{ text: `group: ${object.names.group}`, description: 'What the rows of this group have in common; null without `groupBy`.' }] : []),
    { text: 'count: Int!', description: 'Rows of the group.' },
    ...functions.map((name) => ({ text: `${name}: ${object.names[SHAPES[name].types]}`, description: SHAPES[name].doc })),
  ]
  return sdlBlock(`type ${object.names.aggregate} ${productAccess(object.product)}`, members, `Aggregates over a group of ${object.object.typeName}.`)
}

function groupSdl(model: DomainModel, object: ObjectModel): string[] {
  const groupable = object.object.properties.filter(isGroupable)
  if (groupable.length === 0) return []
  const { names } = object
  const deprecation = (property: ProductProperty): string => propertyDeprecation(model, object, property)
  const fields = groupable.map((property) => ({ text: `${property.field}: ${valueType(object, property)}${propertyAccess(property)}${deprecation(property)}` }))
  return [
    sdlBlock(`type ${names.group} ${productAccess(object.product)}`, fields, 'Values of the fields that were grouped by; the others are null.'),
    sdlBlock(`enum ${names.groupField}`, groupable.map((property) => ({ text: `${property.field}${deprecation(property)}` })), `Fields that ${object.object.typeName} can be grouped by.`),
    sdlBlock(`input ${names.groupBy}`, [
      { text: `field: ${names.groupField}!` },
      { text: 'bucket: TimeBucket', description: 'Period, for dates and times.' },
    ], `One field to group ${object.object.typeName} by.`),
    sdlBlock(`input ${names.groupOrderBy}`, groupable.map((property) => ({ text: `${property.field}: SortDirection${deprecation(property)}` }))),
  ]
}

function shapeSdl(model: DomainModel, object: ObjectModel, shape: FunctionShape): string[] {
  const deprecation = (property: ProductProperty): string => propertyDeprecation(model, object, property)
  const properties = object.object.properties.filter(shape.applies)
  const name = object.names[shape.types]
  const having = object.names[`${shape.types}Having`]
  const orderBy = object.names[`${shape.types}OrderBy`]
  return [
    sdlBlock(`type ${name} ${productAccess(object.product)}`, properties.map((property) => ({
      text: `${property.field}: ${shape.resultType(object, property)}${propertyAccess(property)}${deprecation(property)}`,
    }))),
    sdlBlock(`input ${having}`, properties.map((property) => ({ text: `${property.field}: ${resultFilter(object, property, shape)}${deprecation(property)}` }))),
    sdlBlock(`input ${orderBy}`, properties.map((property) => ({ text: `${property.field}: SortDirection${deprecation(property)}` }))),
  ]
}

function resultFilter(object: ObjectModel, property: ProductProperty, shape: FunctionShape): string {
  return shape.types === 'extremes' ? filterType(object, property) : `${shape.resultType(object, property)}Filter`
}

function conditionSdl(object: ObjectModel, functions: readonly AggregateFunction[]): string {
  const members = functions.map((name) => ({ text: `${name}: ${object.names[`${SHAPES[name].types}Having`]}` }))
  return sdlBlock(`input ${object.names.having}`, [{ text: 'count: IntFilter' }, ...members], 'Which groups; several conditions hold together.')
}

function orderSdl(object: ObjectModel, functions: readonly AggregateFunction[]): string {
  const groupable = object.object.properties.some(isGroupable)
  const members = [
    ...(groupable ? [{ text: `group: ${object.names.groupOrderBy}` }] : []),
    { text: 'count: SortDirection' },
    ...functions.map((name) => ({ text: `${name}: ${object.names[`${SHAPES[name].types}OrderBy`]}` })),
  ]
  return sdlBlock(`input ${object.names.aggregateOrderBy}`, members, 'One value to sort the groups by.')
}
