import type { ProductProperty, ProductRelationship } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import { isTrue, type SqlRow } from '../source/index.ts'
import type { RowPosition } from './cursor.ts'
import { getProperty } from './domain-model.ts'
import { termExpression, type RowOrder } from './row-order.ts'
import { bigIntWire } from './scalars.ts'
import type { RowSelection } from './selection.ts'
import type { StatementScope, TableRef } from './statement-scope.ts'

/** Holds what a row's relationships gave, by response key; a symbol, so that no field of a contract can meet it. */
export const RELATED: unique symbol = Symbol('related')

/** A row as resolvers see it: fields by their name in the graph. */
export interface Row {
  readonly [field: string]: unknown
  readonly [RELATED]: Map<string, unknown>
}

/** Texts by which rows of two tables find each other; null where there is nothing to find. */
export type KeyTuple = readonly string[]

/** A row out of a statement, before its relationships are there. */
export interface FetchedRow {
  readonly fields: Readonly<Record<string, unknown>>
  readonly links: RowLinks
}

/** What leads from a row to others: exact texts, not for the caller's eyes. */
export interface RowLinks {
  /** Values that a relationship starts from; undefined where one is absent. */
  readonly keyFor: (relationship: ProductRelationship) => KeyTuple | undefined
  readonly position: RowPosition
}

/** The columns of a statement that yields rows, and how to read what comes back. */
export interface RowReader<R> {
  readonly selectList: readonly string[]
  /** @param offset number of cells before the first of ours */
  readonly read: (cells: SqlRow, offset: number) => R
}

/** Makes the reader of a statement's rows once it is known under which alias the statement has them. */
export type ReaderOf<R> = (scope: StatementScope, ref: TableRef, order: RowOrder | undefined) => RowReader<R>

/** Selects what several selections of one statement's rows ask for, each column once. */
export function rowReader(selections: readonly RowSelection[]): ReaderOf<FetchedRow> {
  return (scope, ref, order) => {
    const shown = distinctProperties(selections.flatMap((selection) => selection.properties))
    const converters = shown.map((property) => cellConverter(property))
    const links = linkReader(scope, ref, selections, order)
    return {
      selectList: [...shown.map((property) => wireText(scope, ref, property)), ...links.selectList],
      read: (cells, offset) => ({ fields: readFields(shown, converters, cells, offset), links: links.read(cells, offset + shown.length) }),
    }
  }
}

/** Selects what leads from a row to others: keys of its relationships, and its position in an order. */
export function linkReader(scope: StatementScope, ref: TableRef, selections: readonly RowSelection[], order: RowOrder | undefined): RowReader<RowLinks> {
  const keys = distinctProperties(selections.flatMap((selection) => selection.related.flatMap((entry) => joinProperties(ref, entry.relationship))))
  const terms = order?.isTotal === true ? order.terms : []
  const keyAt = new Map(keys.map((property, index) => [property.field, index]))
  return {
    selectList: [
      ...keys.map((property) => scope.dialect.exact(scope.columnType(ref, property), scope.raw(ref, property))),
      ...terms.map((term) => scope.dialect.exact(scope.columnType(ref, term.property), termExpression(scope, ref, term))),
    ],
    read: (cells, offset) => ({
      keyFor: (relationship) => readKey(relationship, keyAt, cells, offset),
      position: terms.map((_term, index) => asText(cells[offset + keys.length + index])),
    }),
  }
}

function wireText(scope: StatementScope, ref: TableRef, property: ProductProperty): string {
  const { column, expression } = scope.shown(ref, property)
  return scope.dialect.wire(column, expression)
}

/** From a cell as the source gives it to the value that the scalar serialises; undefined where they are the same. */
export function cellConverter(property: ProductProperty): ((cell: unknown) => unknown) | undefined {
  const convert = scalarConverter(property)
  if (!property.list) return convert
  const each = convert ?? ((cell: unknown) => cell)
  return (cell) => {
    const values: unknown = typeof cell === 'string' ? JSON.parse(cell) : null
    return Array.isArray(values) ? values.map((value) => (value === null ? null : each(value))) : null
  }
}

function scalarConverter(property: ProductProperty): ((cell: unknown) => unknown) | undefined {
  switch (property.type) {
    case 'bigint':
      return (cell) => bigIntWire(String(cell))
    case 'json':
      return (cell) => (property.list ? cell : JSON.parse(String(cell)))
    case 'enum': {
      const names = new Map((property.values ?? []).map((entry) => [entry.value, entry.name]))
      // A value that the contract does not list is no value of the type; the quality rules count it.
      return (cell) => (typeof cell === 'string' ? (names.get(cell) ?? null) : null)
    }
    case 'boolean':
      return isTrue
    case 'string':
    case 'integer':
    case 'number':
    case 'decimal':
    case 'date':
    case 'timestamp':
    case 'time':
    case 'id':
      return undefined
    default:
      return assertNever(property.type)
  }
}

function readFields(
  properties: readonly ProductProperty[],
  converters: readonly (((cell: unknown) => unknown) | undefined)[],
  cells: SqlRow,
  offset: number,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (let index = 0; index < properties.length; index += 1) {
    const cell = cells[offset + index]
    const convert = converters[index]
    const field = properties[index]?.field ?? ''
    fields[field] = cell === null || convert === undefined ? cell : convert(cell)
  }
  return fields
}

function readKey(relationship: ProductRelationship, keyAt: ReadonlyMap<string, number>, cells: SqlRow, offset: number): KeyTuple | undefined {
  const tuple: string[] = []
  for (const pair of relationship.on) {
    const text = asText(cells[offset + (keyAt.get(pair.from) ?? -1)])
    if (text === null) return undefined
    tuple.push(text)
  }
  return tuple
}

function joinProperties(ref: TableRef, relationship: ProductRelationship): ProductProperty[] {
  return relationship.on.map((pair) => getProperty(ref.object, pair.from))
}

export function distinctProperties(properties: readonly ProductProperty[]): ProductProperty[] {
  return [...new Map(properties.map((property) => [property.field, property])).values()]
}

function asText(cell: unknown): string | null {
  return typeof cell === 'string' ? cell : null
}
