import { assertNever } from '../errors/index.ts'
import { acceptsText, elementType, fitsInt32, isExact, jsonObjectOf, MAX_SAFE_INTEGER, nativeFamily, type ColumnType, type Dialect } from './dialect.ts'

const MAX_DOUBLE = '1.7976931348623157e308'

/** PostgreSQL's texts. The session's time zone is UTC and its date style ISO. */
export const postgresDialect: Dialect = {
  title: 'PostgreSQL',
  ignoresCase: false,
  regExp: { flavour: 'postgres', matches: (expression, placeholder) => `${expression} ~ CAST(${placeholder} AS text)` },
  keysFirstAbove: undefined,
  wire: (column, expression) => (column.list ? wireList(column, expression) : wireScalar(column, expression)),
  json: (column, expression) => (column.list ? jsonList(column, expression) : jsonScalar(column, expression)),
  jsonObject: (members) => jsonObjectOf(members, MEMBERS_PER_CALL, (some) => `CAST(json_build_object(${some.map(({ name, value }) => `'${name}', ${value}`).join(', ')}) AS text)`),
  fitsInt32,
  exact: (_column, expression) => `CAST(${expression} AS text)`,
  cast: (column, placeholder) => `CAST(${placeholder} AS ${comparableType(column)})`,
  keyBatch: (alias, columns, placeholders) => {
    const lists = columns.map((column, index) => `CAST(${placeholders[index]} AS ${comparableType(column)}[])`).join(', ')
    const names = columns.map((_column, index) => `k${index}`).join(', ')
    return `(SELECT u.o - 1 AS ord, ${names} FROM unnest(${lists}) WITH ORDINALITY AS u(${names}, o)) AS ${alias}`
  },
  isIn: (column, expression, placeholder) => `${expression} = ANY(CAST(${placeholder} AS ${comparableType(column)}[]))`,
  hasAny: (column, expression, placeholder) => `${comparableList(column, expression)} && CAST(${placeholder} AS ${comparableType(column)}[])`,
  hasAll: (column, expression, placeholder) => `${comparableList(column, expression)} @> CAST(${placeholder} AS ${comparableType(column)}[])`,
  listLength: (expression) => `cardinality(${expression})`,
  contains: (expression, placeholder) => `strpos(${expression}, CAST(${placeholder} AS text)) > 0`,
  startsWith: (expression, placeholder) => `starts_with(${expression}, CAST(${placeholder} AS text))`,
  bucket: (column, expression, bucket) => {
    const truncated = `date_trunc('${bucket.toLowerCase()}', ${expression})`
    return nativeFamily(column.native) === 'date' ? `CAST(${truncated} AS date)` : truncated
  },
  sum: (column, expression) => sumText(column, expression),
  avg: (column, expression) => (isExact(column) ? `CAST(avg(${expression}) AS float8)` : `avg(CAST(${expression} AS float8))`),
  floorTo: (column, expression, placeholder) => {
    const width = `CAST(${placeholder} AS DECIMAL(38,6))`
    return `CAST(floor(CAST(${expression} AS DECIMAL(38,6)) / ${width}) * ${width} AS ${column.native})`
  },
  latestEpoch: (expression) => `extract(epoch FROM max(${expression}) FILTER (WHERE isfinite(${expression})))`,
  // Not for equality: an index that was made under the database's own collation serves only comparisons under it.
  orderable: (column, expression) => (nativeFamily(column.native) === 'text' ? `${expression} COLLATE "C"` : expression),
  sha256Hex: (expression) => `encode(sha256(convert_to(${expression}, 'UTF8')), 'hex')`,
  accepts: acceptsText,
}

function wireScalar(column: ColumnType, expression: string): string {
  switch (column.type) {
    case 'string':
    case 'enum':
    case 'id':
      return `CAST(${expression} AS text)`
    case 'boolean':
      return expression
    case 'integer':
      return `CAST(${expression} AS float8)`
    case 'number':
      // NaN and the infinities have no JSON; they are absent values on the wire.
      return `CASE WHEN ${expression} BETWEEN -${MAX_DOUBLE} AND ${MAX_DOUBLE} THEN CAST(${expression} AS float8) END`
    case 'bigint':
    case 'time':
    case 'json':
      return `CAST(${expression} AS text)`
    case 'decimal':
      return nativeFamily(column.native) === 'decimal' ? `CASE WHEN ${expression} BETWEEN '-1e131071' AND '1e131071' THEN CAST(${expression} AS text) END` : `CAST(${expression} AS text)`
    case 'date':
      return `CASE WHEN isfinite(${expression}) THEN CAST(${expression} AS text) END`
    case 'timestamp':
      return `CASE WHEN isfinite(${expression}) THEN replace(to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || 'Z' END`
    default:
      return assertNever(column.type)
  }
}

/** A function has at most 100 arguments. */
const MEMBERS_PER_CALL = 50

function jsonScalar(column: ColumnType, expression: string): string {
  switch (column.type) {
    case 'integer':
      return expression
    case 'bigint':
      if (column.native !== 'bigint') return expression
      return `CASE WHEN ${expression} BETWEEN -${MAX_SAFE_INTEGER} AND ${MAX_SAFE_INTEGER} THEN to_json(${expression}) ELSE to_json(CAST(${expression} AS text)) END`
    case 'json':
      return expression
    case 'string':
    case 'enum':
    case 'id':
    case 'boolean':
    case 'number':
    case 'decimal':
    case 'date':
    case 'timestamp':
    case 'time':
      return wireScalar(column, expression)
    default:
      return assertNever(column.type)
  }
}

function jsonList(column: ColumnType, expression: string): string {
  const json = jsonScalar(elementType(column), 'e.v')
  const elements = `SELECT json_agg(${json} ORDER BY e.i) FROM unnest(${expression}) WITH ORDINALITY AS e(v, i)`
  return `CASE WHEN ${expression} IS NOT NULL THEN coalesce((${elements}), CAST('[]' AS json)) END`
}

function wireList(column: ColumnType, expression: string): string {
  const wired = wireScalar(elementType(column), 'e.v')
  const elements = `SELECT CAST(json_agg(${wired} ORDER BY e.i) AS text) FROM unnest(${expression}) WITH ORDINALITY AS e(v, i)`
  return `CASE WHEN ${expression} IS NOT NULL THEN coalesce((${elements}), '[]') END`
}

// Lists compare with lists of the very same type only; where it is that already, an index of the column can serve.
function comparableList(column: ColumnType, expression: string): string {
  const type = comparableType(column)
  return elementType(column).native === type ? expression : `CAST(${expression} AS ${type}[])`
}

/** Type that a bound value is cast to; integers widen so that a value beyond the column's own width is no error. */
function comparableType(column: ColumnType): string {
  const { native } = column.list ? elementType(column) : column
  switch (nativeFamily(native)) {
    case 'integer':
      return 'bigint'
    case 'float':
      return 'float8'
    case 'decimal':
      return 'numeric'
    case 'text':
    case 'json':
      return 'text'
    case 'boolean':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'uuid':
    case 'other':
    default:
      return native
  }
}

function sumText(column: ColumnType, expression: string): { readonly text: string; readonly column: ColumnType } {
  const family = nativeFamily(column.native)
  if (family === 'integer') {
    const type = column.type === 'decimal' ? 'decimal' : 'bigint'
    return { text: `CAST(sum(${expression}) AS numeric)`, column: { type, list: false, native: 'numeric' } }
  }
  if (family === 'decimal') return { text: `sum(${expression})`, column: { type: 'decimal', list: false, native: 'numeric' } }
  return { text: `sum(CAST(${expression} AS float8))`, column: { type: 'number', list: false, native: 'double precision' } }
}
