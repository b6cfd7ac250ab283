import type { ProductProperty, ProductRelationship } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { elementType, type ColumnType } from '../source/index.ts'
import { getProperty } from './domain-model.ts'
import type { StatementScope, TableRef } from './statement-scope.ts'

/** A coerced `where` argument, or a part of it. */
export type WhereInput = Readonly<Record<string, unknown>>

/**
 * Conditions that a `where` argument puts on a table; all hold together.
 *
 * Two-valued: a row matches or it does not. `ne`, `nin` and `not` are the exact complements of `eq`, `in` and the
 * condition itself, absent values included.
 *
 * @throws BAD_USER_INPUT a null where only a value makes sense; FIELD_NOT_CLEAR a masked field.
 */
export function whereConditions(scope: StatementScope, ref: TableRef, where: WhereInput | null | undefined): string[] {
  if (where === null || where === undefined) return []
  return Object.entries(where).flatMap(([name, value]) => memberConditions(scope, ref, name, value))
}

function memberConditions(scope: StatementScope, ref: TableRef, name: string, value: unknown): string[] {
  if (name === 'and') return readList(value, name).flatMap((part) => whereConditions(scope, ref, part))
  if (name === 'or') return [disjunction(readList(value, name).map((part) => conjunction(whereConditions(scope, ref, part))))]
  if (name === 'not') return [complement(conjunction(whereConditions(scope, ref, readInput(value, name))))]
  const relation = ref.object.relationships.get(name)
  if (relation !== undefined) return relationshipConditions(scope, ref, relation.relationship, readInput(value, name))
  const property = getProperty(ref.object, name)
  const filter = readInput(value, name)
  const column = scope.columnType(ref, property)
  if (property.list) return listConditions(scope, ref, property, filter)
  const expression = scope.comparable(ref, property)
  const label = `${ref.object.object.typeName}.${name}`
  return filterConditions(scope, { column, expression, memberExpression: scope.raw(ref, property), nameOf: valueNames(property), label }, filter)
}

// What an absent list would be equal to is unknown, so it has none of its elements and is not empty either.
function listConditions(scope: StatementScope, ref: TableRef, property: ProductProperty, filter: WhereInput): string[] {
  const list = scope.columnType(ref, property)
  const expression = scope.comparable(ref, property)
  const label = `${ref.object.object.typeName}.${property.field}`
  const element: FilteredValue = { column: elementType(list), expression, memberExpression: expression, nameOf: valueNames(property), label }
  return Object.entries(filter).map(([operator, value]) => {
    if (operator === 'isNull') return nullCondition(expression, readBoolean(value, label, operator))
    if (operator === 'isEmpty') return `${scope.dialect.listLength(expression)} ${readBoolean(value, label, operator) ? '=' : '>'} 0`
    if (value === null) throw new GatewayError('BAD_USER_INPUT', `${label}: ${operator} needs a value; ask for absent lists with isNull`)
    const asked = readValues(value)
    const possible = possibleTexts(scope, element, asked)
    if (operator === 'hasAll') return possible.length < asked.length ? 'FALSE' : scope.dialect.hasAll(list, expression, scope.values.bind(possible))
    return possible.length === 0 ? 'FALSE' : scope.dialect.hasAny(list, expression, scope.values.bind(possible))
  })
}

/** What a filter compares: a column, or a value that was aggregated from one. */
export interface FilteredValue {
  readonly column: ColumnType
  readonly expression: string
  /** What is looked up in a list of values; plain where the expression is not, so that an index can serve. */
  readonly memberExpression: string
  /** Value in the data for a value of the graph; other than for enums they are the same. */
  readonly nameOf: (value: unknown) => unknown
  /** For messages. */
  readonly label: string
}

/** Conditions of one filter input, `{ gte: 5, lt: 10 }`. */
export function filterConditions(scope: StatementScope, filtered: FilteredValue, filter: WhereInput): string[] {
  return Object.entries(filter).map(([operator, value]) => operatorCondition(scope, filtered, operator, value))
}

function operatorCondition(scope: StatementScope, filtered: FilteredValue, operator: string, value: unknown): string {
  const { expression } = filtered
  const orderable = scope.dialect.orderable(filtered.column, expression)
  if (operator === 'isNull') return nullCondition(expression, readBoolean(value, filtered.label, operator))
  if (operator === 'eq') return value === null ? nullCondition(expression, true) : membership(scope, filtered, value)
  if (operator === 'ne') return value === null ? nullCondition(expression, false) : complement(membership(scope, filtered, value))
  if (value === null) throw new GatewayError('BAD_USER_INPUT', `${filtered.label}: ${operator} needs a value; ask for absent ones with isNull`)
  switch (operator) {
    case 'lt':
      return `${orderable} < ${bind(scope, filtered, value)}`
    case 'lte':
      return `${orderable} <= ${bind(scope, filtered, value)}`
    case 'gt':
      return `${orderable} > ${bind(scope, filtered, value)}`
    case 'gte':
      return `${orderable} >= ${bind(scope, filtered, value)}`
    case 'in':
      return membership(scope, filtered, value)
    case 'nin':
      return complement(membership(scope, filtered, value))
    case 'between':
      return betweenCondition(scope, filtered, value)
    case 'contains':
      return scope.dialect.contains(expression, scope.values.bind(readText(value, filtered.label)))
    case 'startsWith':
      return scope.dialect.startsWith(expression, scope.values.bind(readText(value, filtered.label)))
    default:
      throw new TypeError(`no operator ${operator}`)
  }
}

function membership(scope: StatementScope, filtered: FilteredValue, value: unknown): string {
  const texts = possibleTexts(scope, filtered, readValues(value))
  const [only] = texts
  if (only === undefined) return 'FALSE'
  if (texts.length === 1) return `${filtered.memberExpression} = ${castText(scope, filtered, only)}`
  return scope.dialect.isIn(filtered.column, filtered.memberExpression, scope.values.bind(texts))
}

// The texts of those values that the column can hold at all.
function possibleTexts(scope: StatementScope, filtered: FilteredValue, values: readonly unknown[]): string[] {
  return values.flatMap((item) => {
    const text = valueText(filtered, item)
    return text !== undefined && scope.dialect.accepts(filtered.column, text) ? [text] : []
  })
}

function betweenCondition(scope: StatementScope, filtered: FilteredValue, value: unknown): string {
  const bounds = readValues(value)
  if (bounds.length !== 2) throw new GatewayError('BAD_USER_INPUT', `${filtered.label}: between needs exactly two values`)
  return `${scope.dialect.orderable(filtered.column, filtered.expression)} BETWEEN ${bind(scope, filtered, bounds[0])} AND ${bind(scope, filtered, bounds[1])}`
}

function bind(scope: StatementScope, filtered: FilteredValue, value: unknown): string {
  const text = valueText(filtered, value)
  if (text === undefined) throw new GatewayError('BAD_USER_INPUT', `${filtered.label}: this is not a value to compare with`)
  return castText(scope, filtered, text)
}

function castText(scope: StatementScope, filtered: FilteredValue, text: string): string {
  const cast = scope.dialect.cast(filtered.column, scope.values.bind(text), text)
  if (cast === undefined) throw new GatewayError('BAD_USER_INPUT', `${filtered.label}: the value has too many digits to be compared exactly`)
  return cast
}

function valueText(filtered: FilteredValue, value: unknown): string | undefined {
  const mapped = filtered.nameOf(value)
  if (typeof mapped === 'string') return readText(mapped, filtered.label)
  return typeof mapped === 'number' || typeof mapped === 'boolean' || typeof mapped === 'bigint' ? String(mapped) : undefined
}

/** Graph value → data value: enum names stand for what the contract says they stand for. */
export function valueNames(property: ProductProperty): (value: unknown) => unknown {
  if (property.values === undefined) return (value) => value
  const byName = new Map(property.values.map((entry) => [entry.name, entry.value]))
  return (value) => (typeof value === 'string' ? byName.get(value) : undefined)
}

function relationshipConditions(scope: StatementScope, ref: TableRef, relationship: ProductRelationship, filter: WhereInput): string[] {
  if (relationship.cardinality === 'one') return [existsSql(scope, ref, relationship, { where: filter, complemented: false })]
  return Object.entries(filter).map(([quantifier, value]) => {
    const where = readInput(value, `${relationship.field}.${quantifier}`)
    if (quantifier === 'some') return existsSql(scope, ref, relationship, { where, complemented: false })
    if (quantifier === 'none') return `NOT ${existsSql(scope, ref, relationship, { where, complemented: false })}`
    return `NOT ${existsSql(scope, ref, relationship, { where, complemented: true })}`
  })
}

// The related table's own row filters are among its conditions: what the caller may not see cannot be felt out either.
function existsSql(
  scope: StatementScope,
  ref: TableRef,
  relationship: ProductRelationship,
  condition: { readonly where: WhereInput; readonly complemented: boolean },
): string {
  const related = scope.openTable(relationship.toType)
  const join = relationship.on.map(
    (pair) => `${scope.raw(related.ref, getProperty(related.ref.object, pair.to))} = ${scope.raw(ref, getProperty(ref.object, pair.from))}`,
  )
  const where = conjunction(whereConditions(scope, related.ref, condition.where))
  const conditions = [...join, ...related.conditions, condition.complemented ? complement(where) : where]
  return `EXISTS (SELECT 1 FROM ${related.from} WHERE ${conditions.join(' AND ')})`
}

function conjunction(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'TRUE' : `(${conditions.join(' AND ')})`
}

function disjunction(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'FALSE' : `(${conditions.join(' OR ')})`
}

// SQL has a third truth value; here what is not true is false.
function complement(condition: string): string {
  return `(${condition}) IS NOT TRUE`
}

function nullCondition(expression: string, isNull: boolean): string {
  return `${expression} IS ${isNull ? '' : 'NOT '}NULL`
}

function readInput(value: unknown, name: string): WhereInput {
  if (typeof value !== 'object' || value === null) throw new GatewayError('BAD_USER_INPUT', `${name}: null is not a condition; leave it out`)
  return value as WhereInput
}

function readList(value: unknown, name: string): readonly WhereInput[] {
  if (!Array.isArray(value)) throw new GatewayError('BAD_USER_INPUT', `${name}: null is not a list of conditions; leave it out`)
  return value.map((part) => readInput(part, name))
}

function readValues(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function readBoolean(value: unknown, label: string, operator: string): boolean {
  if (typeof value === 'boolean') return value
  throw new GatewayError('BAD_USER_INPUT', `${label}: ${operator} needs true or false`)
}

function readText(value: unknown, label: string): string {
  if (typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) return value
  throw new GatewayError('BAD_USER_INPUT', `${label}: the text is not well-formed Unicode, or holds a null character`)
}
