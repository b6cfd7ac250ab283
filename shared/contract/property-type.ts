import type { PropertyType } from './data-product.ts'
import type { OdcsPropertyBase } from './odcs-schema.ts'

/** What a property's values are, before value lists and keys are looked at. */
export interface ResolvedType {
  readonly type: Exclude<PropertyType, 'enum'>
  readonly list: boolean
  /** Why the type is a guess; undefined when the contract says it. */
  readonly guessed?: string
}

/**
 * The type of a property from `logicalType`, its options and `physicalType`, the narrower winning.
 *
 * Nested objects (and maps) are JSON: their fields stay in the contract, but filters and sorts reach only columns.
 * An array of plain values is a list of their type; an array of arrays, or of an unknown kind, is a list of JSON.
 */
export function resolvePropertyType(property: OdcsPropertyBase): ResolvedType {
  const physical = parsePhysicalType(property.physicalType)
  switch (property.logicalType) {
    case 'string':
      return single(isUuid(property, physical) ? 'id' : 'string')
    case 'integer':
      return single(isWide(property, physical) ? 'bigint' : 'integer')
    case 'number':
      return single(numberType(property, physical))
    case 'boolean':
      return single('boolean')
    case 'date':
    case 'timestamp':
    case 'time':
      return single(temporalType(property, physical))
    case 'object':
    case 'map':
      return single('json')
    case 'array':
      return listType(property, physical)
    case undefined:
      return physical === undefined
        ? { ...single('string'), guessed: 'neither `logicalType` nor `physicalType` is given' }
        : fromPhysical(property, physical)
    default:
      return { ...single('string'), guessed: `\`logicalType: ${property.logicalType}\` is not a type of the standard` }
  }
}

interface PhysicalType {
  /** Upper case, one space between words, no parameters: `TIMESTAMP WITH TIME ZONE`. */
  readonly base: string
  readonly parameters: readonly number[]
  readonly list: boolean
}

function parsePhysicalType(physicalType: string | undefined): PhysicalType | undefined {
  const written = physicalType?.trim().toUpperCase().slice(0, 200) ?? ''
  if (written === '') return undefined
  // `VARCHAR[]` and `ARRAY<VARCHAR>` are lists; `varchar[15]`, as some tools write it, is a length.
  const element = /^(.+)\[\]$/.exec(written)?.[1] ?? /^(?:ARRAY|LIST)\s*[<(](.+)[>)]$/.exec(written)?.[1]
  if (element !== undefined) {
    const inner = parsePhysicalType(element)
    // A list of lists is none of a type that we have.
    return inner === undefined || inner.list ? { base: 'LIST', parameters: [], list: true } : { ...inner, list: true }
  }
  const parameters =
    /[([]\s*(\d+)\s*(?:,\s*(\d+)\s*)?[)\]]/
      .exec(written)
      ?.slice(1)
      .filter((part) => part !== undefined)
      .map(Number) ?? []
  const base = written
    .replaceAll(/[([<].*?[)\]>]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return { base: /^(?:STRUCT|MAP|ROW|RECORD)\b/.test(written) ? 'STRUCT' : base, parameters, list: base === 'LIST' || base === 'ARRAY' }
}

const INTEGERS = new Set([
  'INT',
  'INTEGER',
  'INT2',
  'INT4',
  'SMALLINT',
  'TINYINT',
  'MEDIUMINT',
  'SERIAL',
  'SERIAL4',
  'SMALLSERIAL',
  'UTINYINT',
  'USMALLINT',
  'INT1',
  'INT16',
  'INT32',
  'SHORT',
  'BYTE',
  'SIGNED',
])
const WIDE_INTEGERS = new Set([
  'BIGINT',
  'INT8',
  'INT64',
  'LONG',
  'BIGSERIAL',
  'SERIAL8',
  'HUGEINT',
  'UBIGINT',
  'UHUGEINT',
  'UINTEGER',
  'UINT32',
  'UINT64',
  'INT128',
])
const DECIMALS = new Set(['DECIMAL', 'NUMERIC', 'DEC', 'MONEY', 'SMALLMONEY', 'BIGNUMERIC', 'BIGDECIMAL'])
const FLOATS = new Set(['FLOAT', 'FLOAT4', 'FLOAT8', 'FLOAT32', 'FLOAT64', 'DOUBLE', 'DOUBLE PRECISION', 'REAL'])
const STRINGS = /^(?:VAR|N|NVAR|BP)?CHAR2?(?:ACTER)?\b|^CHARACTER\b|^(?:LONG|MEDIUM|TINY|N)?TEXT$|^STRING$|^CLOB$|^CITEXT$|^XML$|^NAME$/
const JSONS = new Set(['JSON', 'JSONB', 'STRUCT', 'VARIANT', 'OBJECT', 'SUPER', 'HSTORE'])

function fromPhysical(property: OdcsPropertyBase, physical: PhysicalType): ResolvedType {
  const { base } = physical
  const element = (type: ResolvedType['type']): ResolvedType => ({ type, list: physical.list })
  if (INTEGERS.has(base)) return element('integer')
  if (WIDE_INTEGERS.has(base)) return element('bigint')
  if (DECIMALS.has(base)) return element('decimal')
  if (FLOATS.has(base)) return element('number')
  if (base === 'NUMBER') return element(numberType(property, physical))
  if (base === 'BOOLEAN' || base === 'BOOL' || base === 'BIT') return element('boolean')
  if (/^(?:DATE|DATETIME|TIMESTAMP|TIME)/.test(base)) return element(temporalType(property, physical))
  if (base === 'UUID') return element('id')
  if (STRINGS.test(base)) return element('string')
  if (JSONS.has(base)) return element('json')
  if (physical.list) return element('json')
  return { ...element('string'), guessed: `\`physicalType: ${property.physicalType}\` is not a type that we know` }
}

function single(type: ResolvedType['type']): ResolvedType {
  return { type, list: false }
}

function isUuid(property: OdcsPropertyBase, physical: PhysicalType | undefined): boolean {
  return property.logicalTypeOptions?.format?.toLowerCase() === 'uuid' || physical?.base === 'UUID' || physical?.base === 'UNIQUEIDENTIFIER'
}

/** GraphQL's Int has 32 bits with sign. */
const INT32_MAX = 2_147_483_647

function isWide(property: OdcsPropertyBase, physical: PhysicalType | undefined): boolean {
  if (physical !== undefined) {
    if (WIDE_INTEGERS.has(physical.base)) return true
    if (INTEGERS.has(physical.base)) return false
    if (DECIMALS.has(physical.base) || physical.base === 'NUMBER') return (physical.parameters[0] ?? 38) > 9
  }
  const { format, minimum, maximum } = property.logicalTypeOptions ?? {}
  if (format !== undefined && /^(?:i64|i128|u32|u64|u128)$/.test(format)) return true
  return [minimum, maximum].some((limit) => typeof limit === 'number' && Math.abs(limit) > INT32_MAX)
}

function numberType(property: OdcsPropertyBase, physical: PhysicalType | undefined): 'integer' | 'bigint' | 'decimal' | 'number' {
  const format = property.logicalTypeOptions?.format
  if (physical === undefined || format === 'f32' || format === 'f64')
    return physical !== undefined && DECIMALS.has(physical.base) ? 'decimal' : 'number'
  if (DECIMALS.has(physical.base)) return 'decimal'
  // Snowflake and Oracle: NUMBER(p) and NUMBER(p,0) are whole numbers, NUMBER alone may be anything.
  if (physical.base === 'NUMBER') {
    const [precision, scale = 0] = physical.parameters
    return precision === undefined || scale > 0 ? 'decimal' : precision > 9 ? 'bigint' : 'integer'
  }
  if (WIDE_INTEGERS.has(physical.base)) return 'bigint'
  return INTEGERS.has(physical.base) ? 'integer' : 'number'
}

/** v3.0 of the standard knew only `date`, so what it is exactly stands in the physical type or the format. */
function temporalType(property: OdcsPropertyBase, physical: PhysicalType | undefined): 'date' | 'timestamp' | 'time' {
  const base = physical?.base ?? ''
  if (/^(?:TIMESTAMP|DATETIME|SMALLDATETIME)/.test(base)) return 'timestamp'
  if (base.startsWith('TIME')) return 'time'
  if (property.logicalType === 'timestamp' || property.logicalType === 'time') return property.logicalType
  const format = property.logicalTypeOptions?.format ?? ''
  const hasDay = /[yd]/.test(format)
  const hasHour = /[Hh]/.test(format)
  return hasHour ? (hasDay ? 'timestamp' : 'time') : 'date'
}

function listType(property: OdcsPropertyBase, physical: PhysicalType | undefined): ResolvedType {
  if (property.items !== undefined) {
    const item = resolvePropertyType(property.items)
    return item.list ? { type: 'json', list: true } : { ...item, list: true }
  }
  if (physical?.list === true && physical.base !== 'LIST') return { ...fromPhysical(property, physical), list: true }
  return { type: 'json', list: true, guessed: "`logicalType: array` without `items` doesn't say what the list holds" }
}
