import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { GraphQLBigInt, GraphQLDate, GraphQLDateTime, GraphQLJSON, GraphQLLocalTime } from 'graphql-scalars'
import type { PropertyType } from '../contract/index.ts'

/**
 * The scalars that contracts need beyond GraphQL's own: those of `graphql-scalars`, which has no Decimal.
 *
 * The library's own parsing and checks stand wherever a value survives them. Where it would not, ours take their place:
 * through `Date` microseconds are lost, and a value is shown as the database wrote it, which the library may refuse (years
 * beyond 9999, microseconds of a time). Inside, a value is text from end to end.
 */
export const SCALARS: Readonly<Record<'BigInt' | 'Date' | 'DateTime' | 'Decimal' | 'JSON' | 'LocalTime', GraphQLScalarType>> = {
  BigInt: textScalar({
    library: GraphQLBigInt,
    note: 'Of up to 64 bits: a JSON number up to 2^53 - 1 in size, a string beyond; both are accepted.',
    accepts: ['string', 'number', 'bigint'],
    parse: parseBigInt,
  }),
  Date: textScalar({ library: GraphQLDate, accepts: ['string'], parse: parseDate }),
  DateTime: textScalar({ library: GraphQLDateTime, note: 'It is exact to the microsecond; any offset is accepted.', accepts: ['string'], parse: parseDateTime }),
  Decimal: textScalar({
    library: { name: 'Decimal', description: 'A decimal number as a string, `"12.50"`, without loss; a JSON number is accepted.' },
    accepts: ['string', 'number', 'bigint'],
    parse: parseDecimal,
  }),
  LocalTime: textScalar({ library: GraphQLLocalTime, note: 'Fractions of a second go down to the microsecond.', accepts: ['string'], parse: parseLocalTime }),
  JSON: new GraphQLScalarType(GraphQLJSON.toConfig()),
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

interface TextScalar {
  readonly library: GraphQLScalarType | { readonly name: string; readonly description: string }
  /** What is said beyond the library's description. */
  readonly note?: string
  /** JavaScript types that a variable may come in; a literal number stands for `number`. */
  readonly accepts: readonly ('string' | 'number' | 'bigint')[]
  /** The one text of a value; undefined: this is none. */
  readonly parse: (text: string) => string | undefined
}

function textScalar({ library, note, accepts, parse }: TextScalar): GraphQLScalarType {
  const description = [library.description, note].filter((part) => part !== undefined).join(' ')
  const refuse = (nodes?: ValueNode): GraphQLError => new GraphQLError(`${library.name} cannot represent this value; expected: ${description}`, nodes === undefined ? {} : { nodes })
  const parseValue = (value: unknown): string => {
    const parsed = accepts.some((type) => typeof value === type) ? parse(String(value)) : undefined
    if (parsed === undefined) throw refuse()
    return parsed
  }
  return new GraphQLScalarType({
    ...('toConfig' in library ? library.toConfig() : library),
    description,
    serialize: (value) => value,
    parseValue,
    parseLiteral: (node) => {
      const isNumber = node.kind === Kind.INT || node.kind === Kind.FLOAT
      if (node.kind !== Kind.STRING && !(isNumber && accepts.includes('number'))) throw refuse(node)
      return parseValue(node.value)
    },
  })
}

/** Whether a scalar of the library takes the text. */
function isAccepted(library: GraphQLScalarType, text: string): boolean {
  try {
    library.parseValue(text)
    return true
  } catch {
    return false
  }
}

// The library has no bound, and the first integer that it sees makes it warn on the console of a patch it would like.
function parseBigInt(text: string): string | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value && value.toString() === text ? text : undefined
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

// The library takes the year 0, which calendars and PostgreSQL lack.
function parseDate(text: string): string | undefined {
  return text.length === 10 && !text.startsWith('0000') && isAccepted(GraphQLDate, text) ? text : undefined
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6})0*)?([Zz]|[+-]\d{2}:\d{2})$/

// The library checks; what it makes of a moment ends at the millisecond, so the fraction goes beside it.
function parseDateTime(text: string): string | undefined {
  const [, day = '', time = '', fraction = '', zone = ''] = (text.length <= 40 ? DATE_TIME.exec(text) : null) ?? []
  const whole = `${day}T${time}${zone.toUpperCase()}`
  if (parseDate(day) === undefined || !isAccepted(GraphQLDateTime, whole)) return undefined
  const atUtc = new Date(whole)
  if (atUtc.getUTCFullYear() < 1 || atUtc.getUTCFullYear() > 9999) return undefined
  const micros = fraction.padEnd(6, '0')
  return `${atUtc.toISOString().slice(0, 19)}${micros === '000000' ? '' : `.${micros}`}Z`
}

function parseLocalTime(text: string): string | undefined {
  // `14:25` is the library's, and so is a fraction of three digits.
  const [, whole = '', fraction = ''] = /^(\d{2}:\d{2}(?::\d{2})?)(\.\d{1,6})?$/.exec(text) ?? []
  if (whole === '' || !isAccepted(GraphQLLocalTime, whole) || (fraction !== '' && whole.length === 5)) return undefined
  return `${whole}${whole.length === 5 ? ':00' : ''}${fraction}`
}
