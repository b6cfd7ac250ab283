import type { ColumnProfile, ValueForm } from './data-profile.ts'
import type { OdcsProperty } from './odcs-schema.ts'
import { guessPersonalData } from './personal-data.ts'

/** A property as it would stand in a contract, and what somebody should look at. */
export interface DraftedProperty {
  readonly property: OdcsProperty
  readonly review: readonly string[]
}

/** Values that are so few among so many rows that they may be all there are. */
const VALUE_LIST = { maxValues: 40, minRowsPerValue: 5, maxLength: 40 } as const

/** A column as a property: its type, whether it is required, its values if they are few, examples unless they are personal. */
export function inferProperty(column: ColumnProfile, { sampled }: { readonly sampled: boolean }): DraftedProperty {
  const review: string[] = []
  const type = inferType(column)
  const personal = guessPersonalData(column)
  if (personal !== undefined) review.push(`likely personal data (${personal.reason}); confirm the classification`)
  const values = personal === undefined && type.logicalType === 'string' ? findValues(column) : undefined
  if (values !== undefined && column.declaredValues === undefined)
    review.push(`these ${values.length} values are all that occur; is any other allowed?`)
  const examples =
    personal !== undefined || values !== undefined || type.logicalType === 'object'
      ? []
      : column.values.slice(0, 2).map(({ value }) => asExample(value, type.logicalType))
  const isRequired = column.nullable === false || (column.rows > 0 && column.nulls === 0)
  if (isRequired && column.nullable !== false && (sampled || column.rows < 20))
    review.push(`required because none of ${column.rows}${sampled ? ' sampled' : ''} rows lacks it`)
  const property: OdcsProperty = {
    name: column.name,
    ...type,
    ...(isRequired ? { required: true } : {}),
    classification: personal?.classification ?? 'internal',
    ...(personal === undefined ? {} : { tags: ['personal-data'] }),
    ...(column.comment === undefined ? {} : { description: column.comment }),
    ...(examples.length === 0 ? {} : { examples }),
    ...(values === undefined
      ? {}
      : {
          quality: [
            {
              metric: 'invalidValues',
              arguments: { validValues: [...values] },
              mustBe: 0,
              dimension: 'conformity',
              description: 'Only the values listed here occur.',
            },
          ],
        }),
  }
  return { property, review }
}

type Typed = Pick<OdcsProperty, 'logicalType' | 'logicalTypeOptions' | 'physicalType' | 'items'>

/** Logical type by the database's type; for text that says no more (CSV) by what every value looks like. */
export function inferType(column: ColumnProfile): Typed {
  const written = column.databaseType
  if (column.untyped) return typeOfText(column) ?? { logicalType: 'string', physicalType: 'VARCHAR' }
  const element = /^(.+)\[\d*\]$/.exec(written)?.[1]
  if (element !== undefined) {
    const { logicalType, physicalType } = typeOfName(element)
    return {
      logicalType: 'array',
      physicalType: written,
      items: { ...(logicalType === undefined ? {} : { logicalType }), ...(physicalType === undefined ? {} : { physicalType }) },
    }
  }
  return column.declaredValues === undefined ? typeOfName(written) : { logicalType: 'string', physicalType: written }
}

const TYPE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|INT\d?|(?:BIG|SMALL)?SERIAL)\b/, 'integer'],
  [/^(?:DECIMAL|NUMERIC|DOUBLE|FLOAT|REAL|MONEY)/, 'number'],
  [/^BOOL/, 'boolean'],
  [/^DATE$/, 'date'],
  [/^(?:TIMESTAMP|DATETIME)/, 'timestamp'],
  [/^TIME/, 'time'],
  [/^(?:STRUCT|MAP|JSON|UNION|RECORD)/, 'object'],
]

function typeOfName(written: string): Typed {
  const logicalType = TYPE_NAMES.find(([pattern]) => pattern.test(written.toUpperCase()))?.[1] ?? 'string'
  return { logicalType, physicalType: written }
}

/** What all values of a text column are; undefined: text. A number with leading zeros is an identifier. */
function typeOfText(column: ColumnProfile): Typed | undefined {
  const filled = column.rows - column.nulls
  const all = (form: ValueForm): boolean => filled > 0 && column.forms?.[form] === filled
  if (all('uuid')) return { logicalType: 'string', logicalTypeOptions: { format: 'uuid' }, physicalType: 'VARCHAR' }
  if (all('int32')) return { logicalType: 'integer', physicalType: 'INTEGER' }
  if (all('integer')) return { logicalType: 'integer', physicalType: 'BIGINT' }
  if (all('decimal')) return { logicalType: 'number', physicalType: `DECIMAL(18,${decimalPlaces(column)})` }
  if (all('boolean')) return { logicalType: 'boolean', physicalType: 'BOOLEAN' }
  if (all('date')) return { logicalType: 'date', physicalType: 'DATE' }
  if (all('timestamp')) return { logicalType: 'timestamp', physicalType: 'TIMESTAMP' }
  if (all('time')) return { logicalType: 'time', physicalType: 'TIME' }
  return undefined
}

/** Two for money, more where a frequent value has more; at most eight, as the form allows. */
function decimalPlaces({ values }: ColumnProfile): number {
  const places = values.map(({ value }) => value.split('.')[1]?.length ?? 0)
  return Math.min(8, Math.max(2, ...places))
}

function findValues(column: ColumnProfile): readonly string[] | undefined {
  if (column.declaredValues !== undefined) return column.declaredValues
  const filled = column.rows - column.nulls
  const isList =
    column.distinct >= 2 &&
    column.distinct <= VALUE_LIST.maxValues &&
    filled >= column.distinct * VALUE_LIST.minRowsPerValue &&
    column.maxLength <= VALUE_LIST.maxLength &&
    column.values.length === column.distinct &&
    // Numbers that are text (postal codes, account numbers) are identifiers, of which more may come.
    !column.values.every(({ value }) => /^[0-9]+$/.test(value))
  return isList ? column.values.map(({ value }) => value).toSorted() : undefined
}

function asExample(value: string, logicalType: string | undefined): string | number | boolean {
  if (logicalType === 'integer' && Number.isSafeInteger(Number(value))) return Number(value)
  if (logicalType === 'boolean') return value.toLowerCase() === 'true'
  return value.slice(0, 80)
}
