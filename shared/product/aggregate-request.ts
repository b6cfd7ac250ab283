import type { ProductProperty } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { TimeBucket } from '../source/index.ts'
import { AGGREGATE_FUNCTIONS, type AggregateFunction } from './aggregate-sdl.ts'
import { getProperty, type ObjectModel } from './domain-model.ts'
import { readDirection, readOrderEntry } from './row-order.ts'
import type { FieldArguments } from './selection.ts'
import type { WhereInput } from './where-sql.ts'

/** Groups that an answer has at most; more without `first` is an error, not a cut that nobody sees. */
export const MAX_GROUPS = 10_000

export interface GroupTerm {
  readonly property: ProductProperty
  readonly bucket: TimeBucket | undefined
}

/** A value of a group: its number of rows, what it was grouped by, or a function over a property. */
export type GroupValue =
  | { readonly kind: 'count' }
  | { readonly kind: 'group'; readonly index: number }
  | { readonly kind: 'function'; readonly name: AggregateFunction; readonly property: ProductProperty }

export interface AggregateRequest {
  readonly where: WhereInput | undefined
  readonly groupBy: readonly GroupTerm[]
  readonly having: readonly { readonly value: GroupValue; readonly filter: WhereInput }[]
  readonly orderBy: readonly { readonly value: GroupValue; readonly direction: 'ASC' | 'DESC' }[]
  /** Undefined: all of them, but see `MAX_GROUPS`. */
  readonly first: number | undefined
}

/** Reads the arguments of an aggregate field. @throws BAD_USER_INPUT */
export function readAggregateRequest(object: ObjectModel, args: FieldArguments): AggregateRequest {
  const groupBy = readGroupBy(object, args['groupBy'])
  assertByDimensions(object, [...groupBy.map(({ property }) => property.field), ...fieldsOf(args['where'])])
  return {
    where: (args['where'] ?? undefined) as WhereInput | undefined,
    groupBy,
    having: readHaving(object, args['having']),
    orderBy: readOrderBy(object, args['orderBy'], groupBy),
    first: readFirst(args['first'], object),
  }
}

/** @throws BAD_USER_INPUT a filter or group that would cut through a cell, where the contract guards differences of aggregates */
function assertByDimensions(object: ObjectModel, fields: readonly string[]): void {
  const { typeName, aggregateDimensions: dimensions } = object.object
  const cutting = dimensions === undefined ? undefined : fields.find((field) => !dimensions.includes(field))
  if (dimensions === undefined || cutting === undefined) return
  const by = dimensions.length === 0 ? 'by nothing' : `only by ${dimensions.join(', ')}`
  throw new GatewayError('BAD_USER_INPUT', `aggregates of ${typeName} are filtered and grouped ${by}, not by ${cutting}: its contract guards small groups against being told by differences`)
}

/** Fields that a filter names, on any level; a relationship is one. */
function fieldsOf(where: unknown): readonly string[] {
  if (typeof where !== 'object' || where === null) return []
  return Object.entries(where).flatMap(([name, value]): readonly string[] => {
    if (name !== 'and' && name !== 'or' && name !== 'not') return [name]
    return Array.isArray(value) ? value.flatMap(fieldsOf) : fieldsOf(value)
  })
}

function readGroupBy(object: ObjectModel, value: unknown): GroupTerm[] {
  const terms = listOf(value).map((entry): GroupTerm => {
    const { field, bucket } = entry as { readonly field: string; readonly bucket?: TimeBucket | null }
    const property = getProperty(object, field)
    if (bucket !== null && bucket !== undefined) assertBucket(object, property, bucket)
    return { property, bucket: bucket ?? undefined }
  })
  const names = new Set(terms.map((term) => term.property.field))
  if (names.size < terms.length) throw new GatewayError('BAD_USER_INPUT', `${object.object.typeName}: groupBy names a field twice`)
  return terms
}

function assertBucket(object: ObjectModel, property: ProductProperty, bucket: TimeBucket): void {
  const isTimestamp = property.type === 'timestamp'
  const isDate = property.type === 'date' && bucket !== 'HOUR' && bucket !== 'MINUTE'
  if (!isTimestamp && !isDate) throw new GatewayError('BAD_USER_INPUT', `${object.object.typeName}.${property.field} cannot be grouped by ${bucket}`)
}

function readHaving(object: ObjectModel, value: unknown): AggregateRequest['having'] {
  if (value === null || value === undefined) return []
  return Object.entries(value).flatMap(([name, filter]) => {
    const label = `${object.object.typeName}: having.${name}`
    if (name === 'count') return [{ value: { kind: 'count' } as const, filter: readInput(filter, label) }]
    return Object.entries(readInput(filter, label)).map(([field, inner]) => ({
      value: functionValue(object, name, field),
      filter: readInput(inner, `${label}.${field}`),
    }))
  })
}

function readOrderBy(object: ObjectModel, value: unknown, groupBy: readonly GroupTerm[]): AggregateRequest['orderBy'] {
  const label = `${object.object.typeName}: orderBy`
  return listOf(value).map((entry) => {
    const [name, inner] = readOrderEntry(entry, label)
    if (name === 'count') return { value: { kind: 'count' }, direction: readDirection(inner, label) }
    const [field, direction] = readOrderEntry(inner, label)
    if (name !== 'group') return { value: functionValue(object, name, field), direction: readDirection(direction, label) }
    const index = groupBy.findIndex((term) => term.property.field === field)
    if (index < 0) throw new GatewayError('BAD_USER_INPUT', `${label}: the groups are not made by ${field}`)
    return { value: { kind: 'group', index }, direction: readDirection(direction, label) }
  })
}

function functionValue(object: ObjectModel, name: string, field: string): GroupValue {
  const known = AGGREGATE_FUNCTIONS.find((candidate) => candidate === name)
  if (known === undefined) throw new TypeError(`no aggregate ${name}`)
  return { kind: 'function', name: known, property: getProperty(object, field) }
}

function readFirst(value: unknown, object: ObjectModel): number | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_GROUPS) return value
  throw new GatewayError('BAD_USER_INPUT', `first is a number of groups from 0 to ${MAX_GROUPS} for aggregates of ${object.object.typeName}`)
}

function readInput(value: unknown, label: string): WhereInput {
  if (typeof value !== 'object' || value === null) throw new GatewayError('BAD_USER_INPUT', `${label}: null is not a condition; leave it out`)
  return value as WhereInput
}

function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
