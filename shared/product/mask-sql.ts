import type { ProductProperty } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import type { CallIdentity, Mask } from '../identity/index.ts'
import type { ColumnType, Dialect, SqlValues } from '../source/index.ts'

/** A column about to be masked. */
export interface MaskedColumn {
  readonly property: ProductProperty
  readonly column: ColumnType
  readonly expression: string
}

interface MaskScope {
  readonly dialect: Dialect
  readonly values: SqlValues
  readonly call: CallIdentity
}

/** A value in a statement and the type that it has there. */
export interface TypedExpression {
  readonly column: ColumnType
  readonly expression: string
}

/**
 * The masked value, computed in the database so that the clear one never leaves it; of the property's own type.
 *
 * A mask that makes no sense for the column's type (a hash of a date, a range of a text) shows nothing.
 */
export function maskSql(mask: Mask, masked: MaskedColumn, scope: MaskScope): TypedExpression {
  const expression = maskExpression(mask, masked, scope)
  if (expression === undefined) return { column: masked.column, expression: `CAST(NULL AS ${masked.column.native})` }
  // What was made of text is text, also where an ID lies in a column of numbers.
  const column = isText(masked.property) ? { ...masked.column, native: 'VARCHAR' } : masked.column
  return { column, expression }
}

function maskExpression(mask: Mask, masked: MaskedColumn, scope: MaskScope): string | undefined {
  if (masked.property.list || masked.property.type === 'json') return undefined
  switch (mask.kind) {
    case 'null':
      return undefined
    case 'constant':
      return constantSql(mask.value, masked, scope)
    case 'hash':
      return hashSql(masked, scope)
    case 'partial':
      return partialSql(masked)
    case 'year':
      return yearSql(masked, scope)
    case 'range':
      return rangeSql(mask.step, masked, scope)
    default:
      return assertNever(mask)
  }
}

function isText(property: ProductProperty): boolean {
  return property.type === 'string' || property.type === 'id'
}

function asText(masked: MaskedColumn): string {
  return `CAST(${masked.expression} AS VARCHAR)`
}

function constantSql(value: string, masked: MaskedColumn, scope: MaskScope): string | undefined {
  if (!isText(masked.property)) return undefined
  return `CASE WHEN ${masked.expression} IS NOT NULL THEN CAST(${scope.values.bind(value)} AS VARCHAR) END`
}

// Keyed twice over, as in HMAC: without the key the hash of a guessed value cannot be compared with what is shown.
function hashSql(masked: MaskedColumn, scope: MaskScope): string | undefined {
  const key = scope.call.maskKey
  if (!isText(masked.property) || key === undefined) return undefined
  const bound = `CAST(${scope.values.bind(key)} AS VARCHAR)`
  const inner = scope.dialect.sha256Hex(`(${bound} || ':' || ${asText(masked)})`)
  return `left(${scope.dialect.sha256Hex(`(${bound} || ':' || ${inner})`)}, 32)`
}

// The first character, and of an e-mail address that it is one and where it ends: `j•••@•••.com`, `M•••`.
function partialSql(masked: MaskedColumn): string | undefined {
  if (!isText(masked.property)) return undefined
  const text = asText(masked)
  const host = `substr(${text}, strpos(${text}, '@') + 1)`
  const ending = `CASE WHEN strpos(${host}, '.') > 0 THEN '.' || split_part(${host}, '.', -1) ELSE '' END`
  const address = `CASE WHEN strpos(${text}, '@') > 1 THEN '@•••' || ${ending} ELSE '' END`
  return `CASE WHEN length(${text}) <= 2 THEN '•••' WHEN ${text} IS NOT NULL THEN left(${text}, 1) || '•••' || ${address} END`
}

function yearSql(masked: MaskedColumn, scope: MaskScope): string | undefined {
  const { type } = masked.property
  if (type !== 'date' && type !== 'timestamp') return undefined
  return scope.dialect.bucket(masked.column, masked.expression, 'YEAR')
}

function rangeSql(step: number, masked: MaskedColumn, scope: MaskScope): string | undefined {
  const { type } = masked.property
  if (type !== 'integer' && type !== 'bigint' && type !== 'number' && type !== 'decimal') return undefined
  if (!(Number.isFinite(step) && step > 0)) return undefined
  return scope.dialect.floorTo(masked.column, masked.expression, scope.values.bind(String(step)))
}
