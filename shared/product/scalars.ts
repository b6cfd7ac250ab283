import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql'
import type { PropertyType } from '../contract/index.ts'

/**
 * The scalars that contracts need beyond GraphQL's own, under the names of `graphql-scalars`.
 *
 * Not that library's implementations: they go through `Date` and `Number`, so microseconds and large integers would be
 * lost between the database and the caller. Here a value is text from end to end and only its form is checked.
 */
export const SCALARS: Readonly<Record<'BigInt' | 'Date' | 'DateTime' | 'Decimal' | 'JSON' | 'LocalTime', GraphQLScalarType>> = {
  BigInt: textScalar('BigInt', 'A whole number of up to 64 bits: a JSON number up to 2^53 - 1 in size, a string beyond; both are accepted.', parseBigInt),
  Date: textScalar('Date', 'A calendar date, `2007-12-03`.', parseDate),
  DateTime: textScalar('DateTime', 'A moment in UTC to the microsecond, `2007-12-03T10:15:30Z`; any offset is accepted.', parseDateTime),
  Decimal: textScalar('Decimal', 'A decimal number as a string, `"12.50"`, without loss; a JSON number is accepted.', parseDecimal),
  LocalTime: textScalar('LocalTime', 'A time of day without a zone, `10:15:30`.', parseLocalTime),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    description: 'Any JSON value.',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables ?? undefined),
  }),
}

const SCALAR_OF_TYPE: Readonly<Record<Exclude<PropertyType, 'enum'>, string>> = {
  string: 'String',
  boolean: 'Boolean',
  integer: 'Int',
  bigint: 'BigInt',
  number: 'Float',
  decimal: 'Decimal',
  date: 'Date',
  timestamp: 'DateTime',
  time: 'LocalTime',
  json: 'JSON',
  id: 'ID',
}

/** Name of the scalar that a property type has in the graph; an enum has a type of its own. */
export function scalarName(type: Exclude<PropertyType, 'enum'>): string {
  return SCALAR_OF_TYPE[type]
}

/** A 64-bit integer from its text, as the wire shows it: a number while a number is exact. */
export function bigIntWire(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

function textScalar(name: string, description: string, parse: (value: string) => string | undefined): GraphQLScalarType {
  const parseValue = (value: unknown): string => {
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
    const parsed = typeof text === 'string' && (typeof value === 'string' || NUMERIC.has(name)) ? parse(text) : undefined
    if (parsed === undefined) throw new GraphQLError(`${name} cannot represent this value; expected ${description}`)
    return parsed
  }
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => value,
    parseValue,
    parseLiteral: (node: ValueNode) => {
      const numeric = NUMERIC.has(name) && (node.kind === Kind.INT || node.kind === Kind.FLOAT)
      if (node.kind !== Kind.STRING && !numeric) throw new GraphQLError(`${name} cannot represent this value; expected ${description}`, { nodes: node })
      return parseValue(node.value)
    },
  })
}

const NUMERIC: ReadonlySet<string> = new Set(['BigInt', 'Decimal'])

function parseBigInt(text: string): string | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value ? value.toString() : undefined
}

function parseDecimal(text: string): string | undefined {
  const match = /^(-?)0*(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (match === null || text.length > 60) return undefined
  const [, sign = '', whole = '0', fraction = '', exponent] = match
  const shifted = exponent === undefined ? { whole, fraction } : shiftPoint(whole, fraction, Number(exponent))
  if (shifted.whole.length + shifted.fraction.length > 38) return undefined
  return `${sign}${shifted.whole}${shifted.fraction === '' ? '' : `.${shifted.fraction}`}`
}

function shiftPoint(whole: string, fraction: string, by: number): { readonly whole: string; readonly fraction: string } {
  const digits = whole + fraction
  const point = whole.length + by
  if (point <= 0) return { whole: '0', fraction: '0'.repeat(-point) + digits }
  const padded = digits.padEnd(point, '0')
  return { whole: padded.slice(0, point).replace(/^0+(?=\d)/, ''), fraction: padded.slice(point) }
}

function parseDate(text: string): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null || !isCalendarDay(Number(match[1]), Number(match[2]), Number(match[3]))) return undefined
  return text
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day <= (days[month - 1] ?? 0)
}

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})0*)?([Zz]|[+-]\d{2}:\d{2})$/

function parseDateTime(text: string): string | undefined {
  const match = DATE_TIME.exec(text)
  if (match === null || text.length > 40) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match
  if (!isCalendarDay(Number(year), Number(month), Number(day)) || !isTimeOfDay(hour, minute, second)) return undefined
  const offsetMinutes = zoneOffset(zone)
  if (offsetMinutes === undefined) return undefined
  const atUtc = new Date(0)
  atUtc.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  atUtc.setUTCHours(Number(hour), Number(minute) - offsetMinutes, Number(second))
  if (atUtc.getUTCFullYear() < 1 || atUtc.getUTCFullYear() > 9999) return undefined
  const micros = fraction.padEnd(6, '0')
  return `${atUtc.toISOString().slice(0, 19)}${micros === '000000' ? '' : `.${micros}`}Z`
}

function zoneOffset(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function parseLocalTime(text: string): string | undefined {
  const match = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null || !isTimeOfDay(match[1] ?? '', match[2] ?? '', match[3] ?? '')) return undefined
  return text
}

function isTimeOfDay(hour: string, minute: string, second: string): boolean {
  return Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59
}
