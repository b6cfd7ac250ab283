import type { ProductProperty } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { getProperty, isComparable, type ObjectModel } from './domain-model.ts'
import type { StatementScope, TableRef } from './statement-scope.ts'

export interface OrderTerm {
  readonly property: ProductProperty
  readonly direction: 'ASC' | 'DESC'
  /** Added by us to break ties; the caller did not ask for it, so a mask on it does not matter. */
  readonly isTieBreak: boolean
}

/** Order of an object's rows: total where the object has a key. */
export interface RowOrder {
  readonly terms: readonly OrderTerm[]
  /** False where rows may be equal in every term: positions are then counted, not compared. */
  readonly isTotal: boolean
}

/**
 * Order that the argument asks for, completed by the key (or, without one, by every field that can be compared).
 *
 * @throws BAD_USER_INPUT an entry that names no field or several.
 */
export function readRowOrder(object: ObjectModel, orderBy: unknown): RowOrder {
  const asked = readTerms(object, orderBy)
  const names = new Set(asked.map((term) => term.property.field))
  const ties = object.primaryKey ?? object.object.properties.filter(isComparable).map((property) => property.field)
  const added = ties.filter((field) => !names.has(field)).map((field): OrderTerm => ({ property: getProperty(object, field), direction: 'ASC', isTieBreak: true }))
  return { terms: [...asked, ...added], isTotal: object.primaryKey !== undefined }
}

/** One `{ field: ASC }` entry of an `orderBy` argument. @throws BAD_USER_INPUT */
export function readOrderEntry(entry: unknown, label: string): readonly [string, unknown] {
  const members = typeof entry === 'object' && entry !== null ? Object.entries(entry) : []
  const [member] = members
  if (member === undefined || members.length > 1) throw new GatewayError('BAD_USER_INPUT', `${label}: each entry of orderBy names one field, like { field: ASC }`)
  return member
}

/** @throws BAD_USER_INPUT */
export function readDirection(value: unknown, label: string): 'ASC' | 'DESC' {
  if (value === 'ASC' || value === 'DESC') return value
  throw new GatewayError('BAD_USER_INPUT', `${label}: the direction is ASC or DESC`)
}

/** What follows `ORDER BY`; backwards, the very reverse of forwards. */
export function orderSql(scope: StatementScope, ref: TableRef, order: RowOrder, backwards: boolean): string {
  return order.terms
    .map((term) => {
      const ascending = (term.direction === 'ASC') !== backwards
      return `${termExpression(scope, ref, term)} ${ascending ? 'ASC' : 'DESC'} NULLS ${backwards ? 'FIRST' : 'LAST'}`
    })
    .join(', ')
}

/** The term as it is compared. @throws FIELD_NOT_CLEAR the caller asked for a masked field. */
export function termExpression(scope: StatementScope, ref: TableRef, term: OrderTerm): string {
  const expression = term.isTieBreak ? scope.listed(ref, term.property) : scope.comparable(ref, term.property)
  return scope.dialect.orderable(scope.columnType(ref, term.property), expression)
}

function readTerms(object: ObjectModel, orderBy: unknown): OrderTerm[] {
  if (orderBy === null || orderBy === undefined) return []
  const entries: readonly unknown[] = Array.isArray(orderBy) ? orderBy : [orderBy]
  const label = object.object.typeName
  const terms = new Map<string, OrderTerm>()
  for (const entry of entries) {
    const [field, direction] = readOrderEntry(entry, label)
    // A field that was named before cannot break ties among rows that are equal in it.
    if (!terms.has(field)) terms.set(field, { property: getProperty(object, field), direction: readDirection(direction, label), isTieBreak: false })
  }
  return [...terms.values()]
}
