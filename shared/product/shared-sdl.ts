import type { GraphQLScalarType } from 'graphql'
import { SCALARS } from './scalars.ts'
import { sdlBlock } from './sdl-writer.ts'

/** Operators of a scalar filter, in the order in which they are documented. */
const COMPARISONS = ['eq', 'ne', 'in', 'nin', 'lt', 'lte', 'gt', 'gte', 'between'] as const

const OPERATOR_DOCS: Readonly<Record<string, string>> = {
  eq: 'Equal; `null` means absent.',
  ne: 'Anything else, absent values included; `null` means present.',
  in: 'One of these.',
  nin: 'None of these, absent values included.',
  between: 'Two values, both included.',
  contains: 'Contains this text, letter case included.',
  startsWith: 'Begins with this text, letter case included.',
  isNull: 'Whether the value is absent.',
  has: 'Has this element.',
  hasAny: 'Has at least one of these elements.',
  hasAll: 'Has all of these elements.',
  isEmpty: 'Whether the list has no elements; an absent list is neither empty nor not.',
}

interface FilterShape {
  readonly name: string
  readonly scalar: string
  readonly operators: readonly string[]
}

const ORDERED = [...COMPARISONS, 'isNull']
const TEXT = [...COMPARISONS, 'contains', 'startsWith', 'isNull']
const LIST = ['has', 'hasAny', 'hasAll', 'isEmpty', 'isNull']
const EQUALITY = ['eq', 'ne', 'in', 'nin', 'isNull']

/** Filter type of each scalar; defined alike in every domain, so that they are one type in the composed graph. */
export const SCALAR_FILTERS: readonly FilterShape[] = [
  { name: 'StringFilter', scalar: 'String', operators: TEXT },
  { name: 'IDFilter', scalar: 'ID', operators: EQUALITY },
  { name: 'BooleanFilter', scalar: 'Boolean', operators: EQUALITY },
  { name: 'IntFilter', scalar: 'Int', operators: ORDERED },
  { name: 'BigIntFilter', scalar: 'BigInt', operators: ORDERED },
  { name: 'FloatFilter', scalar: 'Float', operators: ORDERED },
  { name: 'DecimalFilter', scalar: 'Decimal', operators: ORDERED },
  { name: 'DateFilter', scalar: 'Date', operators: ORDERED },
  { name: 'DateTimeFilter', scalar: 'DateTime', operators: ORDERED },
  { name: 'LocalTimeFilter', scalar: 'LocalTime', operators: ORDERED },
]

/** Types that every domain defines alike; filters of lists where it has such lists. @param listed scalars that its lists are of */
export function sharedSdl(listed: readonly string[]): string {
  const lists = listed.map((scalar) => listFilterSdl(`${scalar}ListFilter`, scalar))
  const scalars = Object.values(SCALARS).map((scalar) => `"""${scalar.description}"""\nscalar ${scalar.name}${specification(scalar)}`)
  return [PAGE_INFO, SORT_DIRECTION, TIME_BUCKET, ...scalars, ...SCALAR_FILTERS.map(filterInput), ...lists, PRESENCE_FILTER].join('\n\n')
}

function specification({ specifiedByURL }: GraphQLScalarType): string {
  return typeof specifiedByURL === 'string' ? ` @specifiedBy(url: ${JSON.stringify(specifiedByURL)})` : ''
}

/** The filter type of an enum, which only its domain defines. */
export function enumFilterSdl(name: string, enumType: string): string {
  return filterInput({ name, scalar: enumType, operators: EQUALITY })
}

/** The filter type of a list. */
export function listFilterSdl(name: string, elementType: string): string {
  const members = LIST.map((operator) => ({ text: `${operator}: ${operatorType(operator, elementType)}`, description: OPERATOR_DOCS[operator] }))
  return sdlBlock(`input ${name}`, members, `Conditions on a list of ${elementType}; several hold together.`)
}

function filterInput(shape: FilterShape): string {
  const members = shape.operators.map((operator) => ({
    text: `${operator}: ${operatorType(operator, shape.scalar)}`,
    description: OPERATOR_DOCS[operator],
  }))
  return sdlBlock(`input ${shape.name}`, members, `Conditions on a ${shape.scalar}; several hold together.`)
}

const MANY_VALUED: ReadonlySet<string> = new Set(['in', 'nin', 'between', 'hasAny', 'hasAll'])

function operatorType(operator: string, scalar: string): string {
  if (operator === 'isNull' || operator === 'isEmpty') return 'Boolean'
  return MANY_VALUED.has(operator) ? `[${scalar}!]` : scalar
}

const PAGE_INFO = `"""Where a page lies in the whole."""
type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  """Cursor of the page's first row."""
  startCursor: String
  """Cursor of the page's last row; \`after\` it the next page begins."""
  endCursor: String
}`

const SORT_DIRECTION = `"""Absent values come last in either direction."""
enum SortDirection {
  ASC
  DESC
}`

const TIME_BUCKET = `"""A period that dates and times are grouped by; a week begins on Monday."""
enum TimeBucket {
  MINUTE
  HOUR
  DAY
  WEEK
  MONTH
  QUARTER
  YEAR
}`

const PRESENCE_FILTER = `"""Conditions on a field that cannot be compared."""
input PresenceFilter {
  """Whether the value is absent."""
  isNull: Boolean
}`
