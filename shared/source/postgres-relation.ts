import type { ProductObject, ProductProperty, PropertyType } from '../contract/index.ts'
import { nativeFamily, type ColumnType, type NativeFamily } from './dialect.ts'
import { quoteIdentifier } from './sql-statement.ts'

const SUITABLE: Readonly<Record<PropertyType, readonly NativeFamily[]>> = {
  string: ['text'],
  enum: ['text'],
  id: ['text', 'integer', 'uuid'],
  boolean: ['boolean'],
  integer: ['integer'],
  bigint: ['integer'],
  number: ['float'],
  decimal: ['decimal', 'integer'],
  date: ['date'],
  timestamp: ['timestamp', 'timestamptz'],
  time: ['time'],
  json: ['json'],
}

const TARGET: Readonly<Record<PropertyType, string>> = {
  string: 'text',
  enum: 'text',
  id: 'text',
  boolean: 'boolean',
  integer: 'bigint',
  bigint: 'bigint',
  number: 'double precision',
  decimal: 'numeric',
  date: 'date',
  timestamp: 'timestamp without time zone',
  time: 'time without time zone',
  json: 'jsonb',
}

/** What stands after `FROM`, and the type of each column there. */
export interface PostgresRelation {
  readonly relation: string
  readonly columns: ReadonlyMap<string, ColumnType>
}

/**
 * The table itself where its columns suit the contract, else a sub-select that casts those that don't; the planner sees
 * through it.
 *
 * @param natives type of each column, as `format_type` writes it
 */
export function postgresRelation(object: ProductObject, table: string, natives: ReadonlyMap<string, string>): PostgresRelation {
  const columns = new Map<string, ColumnType>()
  let isPlain = true
  const select = object.properties.map((property) => {
    const native = natives.get(property.physicalName) ?? 'text'
    const target = targetType(property, native)
    columns.set(property.name, { type: property.type, list: property.list, native: target ?? native })
    const column = quoteIdentifier(property.physicalName)
    if (target === undefined) return column
    isPlain = false
    return `CAST(${column} AS ${target}) AS ${column}`
  })
  return { relation: isPlain ? table : `(SELECT ${select.join(', ')} FROM ${table})`, columns }
}

/** Type that a column has to be cast to; undefined where it is right as it is. */
function targetType(property: ProductProperty, native: string): string | undefined {
  if (!property.list) return SUITABLE[property.type].includes(nativeFamily(native)) ? undefined : TARGET[property.type]
  const suits = native.endsWith('[]') && SUITABLE[property.type].includes(nativeFamily(native.slice(0, -2)))
  return suits ? undefined : `${TARGET[property.type]}[]`
}
