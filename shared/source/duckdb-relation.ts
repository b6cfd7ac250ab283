import type { ProductObject, ProductProperty, PropertyType } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import { nativeFamily, type NativeFamily } from './dialect.ts'
import type { DecimalTypes } from './duckdb-decimals.ts'
import type { DuckDbLocation } from './duckdb-files.ts'
import { quoteIdentifier, quoteText } from './sql-statement.ts'

/** What stands after `FROM` to read a location as it is; `database` is the name under which a file is attached. */
export function rawRelation(location: DuckDbLocation, object: ProductObject, database: string): string {
  if (location.kind === 'database') return [database, location.schema, object.physicalName].map(quoteIdentifier).join('.')
  const path = quoteText(location.path)
  switch (location.format) {
    case 'parquet':
      return `read_parquet(${path}, union_by_name = true)`
    case 'csv':
      // Everything as text: a sniffed type would turn the identifier 00123 into 123 before the contract is asked.
      return `read_csv(${path}, header = true, all_varchar = true)`
    case 'json':
      return `read_json(${path})`
    default:
      return assertNever(location.format)
  }
}

/** Select list that gives each property its physical name and a type that suits the contract's. */
export function selectList(object: ProductObject, natives: ReadonlyMap<string, string>, decimals: DecimalTypes): string {
  return object.properties
    .map((property) => {
      const column = quoteIdentifier(property.physicalName)
      const target = decimals.get(property.name) ?? TARGET[property.type]
      return `${normalised(property, column, { native: natives.get(property.physicalName) ?? 'VARCHAR', target })} AS ${column}`
    })
    .join(', ')
}

/** `CREATE` statement of the object's relation: a view over what is indexed by itself, a table over text that is slow to read again. */
export function createRelation(object: ProductObject, location: DuckDbLocation, from: string, select: string): string {
  const kind = location.kind === 'files' && location.format !== 'parquet' ? 'TABLE' : 'VIEW'
  return `CREATE ${kind} ${quoteIdentifier(object.typeName)} AS SELECT ${select} FROM ${from}`
}

const SUITABLE: Readonly<Record<PropertyType, readonly NativeFamily[]>> = {
  string: ['text'],
  enum: ['text'],
  id: ['text', 'integer'],
  boolean: ['boolean'],
  integer: ['integer'],
  bigint: ['integer'],
  number: ['float'],
  decimal: ['decimal'],
  date: ['date'],
  timestamp: ['timestamp', 'timestamptz'],
  time: ['time'],
  json: ['json'],
}

const TARGET: Readonly<Record<PropertyType, string>> = {
  string: 'VARCHAR',
  enum: 'VARCHAR',
  id: 'VARCHAR',
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  number: 'DOUBLE',
  decimal: 'DECIMAL(38,6)',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  time: 'TIME',
  json: 'JSON',
}

// TRY_CAST: a dirty value is an absent value, which the contract's quality rules count, not an end to every query.
function normalised(property: ProductProperty, column: string, { native, target }: { readonly native: string; readonly target: string }): string {
  if (property.list) {
    if (native.endsWith(']')) return column
    return `TRY_CAST(CAST(${column} AS JSON) AS ${target}[])`
  }
  const family = nativeFamily(native)
  if (SUITABLE[property.type].includes(family)) {
    return family === 'timestamp' && native !== 'TIMESTAMP' ? `CAST(${column} AS TIMESTAMP)` : column
  }
  if (property.type === 'json' && family !== 'text') return `to_json(${column})`
  return `TRY_CAST(${column} AS ${target})`
}
