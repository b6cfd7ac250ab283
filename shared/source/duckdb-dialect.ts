import { assertNever } from '../errors/index.ts'
import { acceptsText, decimalDigits, decimalRoom, elementType, fitsInt32, isExact, MAX_SAFE_INTEGER, nativeFamily, type ColumnType, type Dialect, type TimeBucket } from './dialect.ts'

const MAX_DOUBLE = '1.7976931348623157e308'

/** DuckDB's texts. The session's time zone is UTC. */
export const duckDbDialect: Dialect = {
  title: 'DuckDB',
  ignoresCase: true,
  regExp: { flavour: 're2', matches: (expression, placeholder) => `regexp_matches(${expression}, CAST(${placeholder} AS VARCHAR))` },
  // Up to 5,000 rows the engine keeps a heap of the best; above, it may sort all columns of everything that matches.
  keysFirstAbove: 5_000,
  wire: (column, expression) => (column.list ? wireList(column, expression) : wireScalar(column, expression)),
  json: (column, expression) => (column.list ? jsonList(column, expression) : jsonScalar(column, expression)),
  jsonObject: (members) => `CAST(json_object(${members.map(({ name, value }) => `'${name}', ${value}`).join(', ')}) AS VARCHAR)`,
  fitsInt32,
  exact: (_column, expression) => `CAST(${expression} AS VARCHAR)`,
  cast: (column, placeholder, text) => {
    const type = nativeFamily(column.native) === 'decimal' ? decimalType(column.native, text) : comparableType(column)
    return type === undefined ? undefined : `CAST(${placeholder} AS ${type})`
  },
  keyBatch: (alias, columns, placeholders) => {
    const lists = columns.map((column, index) => `unnest(CAST(${placeholders[index]} AS ${comparableType(column)}[])) AS k${index}`)
    return `(SELECT unnest(range(len(${placeholders[0]}))) AS ord, ${lists.join(', ')}) AS ${alias}`
  },
  isIn: (column, expression, placeholder) => `${expression} IN (SELECT unnest(CAST(${placeholder} AS ${comparableType(column)}[])))`,
  hasAny: (column, expression, placeholder) => `list_has_any(${expression}, CAST(${placeholder} AS ${comparableType(column)}[]))`,
  hasAll: (column, expression, placeholder) => `list_has_all(${expression}, CAST(${placeholder} AS ${comparableType(column)}[]))`,
  listLength: (expression) => `len(${expression})`,
  contains: (expression, placeholder) => `contains(${expression}, CAST(${placeholder} AS VARCHAR))`,
  startsWith: (expression, placeholder) => `starts_with(${expression}, CAST(${placeholder} AS VARCHAR))`,
  bucket: (column, expression, bucket) => bucketText(column, expression, bucket),
  sum: (column, expression) => sumText(column, expression),
  avg: (column, expression) => (isExact(column) ? `CAST(avg(${expression}) AS DOUBLE)` : `avg(CAST(${expression} AS DOUBLE))`),
  floorTo: (column, expression, placeholder) => {
    const width = `CAST(${placeholder} AS DECIMAL(38,6))`
    return `CAST(floor(CAST(${expression} AS DECIMAL(38,6)) / ${width}) * ${width} AS ${column.native})`
  },
  latestEpoch: (expression) => `extract(epoch FROM max(${expression}) FILTER (WHERE isfinite(${expression})))`,
  orderable: (_column, expression) => expression,
  sha256Hex: (expression) => `sha256(${expression})`,
  accepts: acceptsText,
}

function wireScalar(column: ColumnType, expression: string): string {
  switch (column.type) {
    case 'string':
    case 'enum':
    case 'boolean':
      return expression
    case 'integer':
      return `CAST(${expression} AS DOUBLE)`
    case 'number':
      // NaN and the infinities have no JSON; they are absent values on the wire.
      return `CASE WHEN ${expression} BETWEEN -${MAX_DOUBLE} AND ${MAX_DOUBLE} THEN CAST(${expression} AS DOUBLE) END`
    case 'timestamp':
      return `replace(strftime(${expression}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '') || 'Z'`
    case 'id':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'time':
    case 'json':
      return nativeFamily(column.native) === 'text' ? expression : `CAST(${expression} AS VARCHAR)`
    default:
      return assertNever(column.type)
  }
}

function jsonScalar(column: ColumnType, expression: string): string {
  switch (column.type) {
    case 'integer':
      return expression
    case 'bigint':
      if (SMALL_INTEGERS.has(column.native)) return expression
      return `CASE WHEN ${expression} BETWEEN -${MAX_SAFE_INTEGER} AND ${MAX_SAFE_INTEGER} THEN to_json(${expression}) ELSE to_json(CAST(${expression} AS VARCHAR)) END`
    case 'json':
      return `CAST(${expression} AS JSON)`
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

const SMALL_INTEGERS: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'])

function jsonList(column: ColumnType, expression: string): string {
  const json = jsonScalar(elementType(column), 'x')
  return json === 'x' ? expression : `list_transform(${expression}, lambda x: ${json})`
}

function wireList(column: ColumnType, expression: string): string {
  const wired = wireScalar(elementType(column), 'x')
  return `CAST(to_json(${wired === 'x' ? expression : `list_transform(${expression}, lambda x: ${wired})`}) AS VARCHAR)`
}

/** Type that a bound value is cast to; integers widen so that a value beyond the column's own width is no error. */
function comparableType(column: ColumnType): string {
  const { native } = column.list ? elementType(column) : column
  switch (nativeFamily(native)) {
    case 'integer':
      return native === 'HUGEINT' || native === 'UHUGEINT' || native === 'UBIGINT' ? 'HUGEINT' : 'BIGINT'
    case 'float':
      return 'DOUBLE'
    case 'text':
    case 'json':
      return 'VARCHAR'
    case 'timestamp':
      return 'TIMESTAMP'
    case 'decimal':
    case 'boolean':
    case 'date':
    case 'timestamptz':
    case 'time':
    case 'uuid':
    case 'other':
    default:
      return native
  }
}

// The column's own type where the value fits, so that statistics of the files can be used; else one that holds both.
function decimalType(native: string, text: string): string | undefined {
  if (acceptsText({ type: 'decimal', list: false, native }, text)) return native
  const room = decimalRoom(native) ?? { whole: 38, fraction: 0 }
  const needed = decimalDigits(text)
  const fraction = Math.max(room.fraction, needed.fraction)
  return Math.max(room.whole, needed.whole) + fraction > 38 ? undefined : `DECIMAL(38,${fraction})`
}

function sumText(column: ColumnType, expression: string): { readonly text: string; readonly column: ColumnType } {
  const family = nativeFamily(column.native)
  if (family === 'integer') {
    const type = column.type === 'decimal' ? 'decimal' : 'bigint'
    return { text: `CAST(sum(${expression}) AS HUGEINT)`, column: { type, list: false, native: 'HUGEINT' } }
  }
  if (family === 'decimal') return { text: `sum(${expression})`, column: { type: 'decimal', list: false, native: column.native.replace(/\(\d+/, '(38') } }
  return { text: `sum(CAST(${expression} AS DOUBLE))`, column: { type: 'number', list: false, native: 'DOUBLE' } }
}

function bucketText(column: ColumnType, expression: string, bucket: TimeBucket): string {
  const truncated = `date_trunc('${bucket.toLowerCase()}', ${expression})`
  return nativeFamily(column.native) === 'date' ? `CAST(${truncated} AS DATE)` : truncated
}
