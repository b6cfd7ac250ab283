import type { DuckDBConnection } from '@duckdb/node-api'
import type { DataProduct, OdcsPropertyBase, ProductObject, ProductProperty } from '../contract/index.ts'
import { nativeFamily } from './dialect.ts'
import { quoteIdentifier } from './sql-statement.ts'

/** Type of each decimal property whose column is text or floating point, by the property's name. */
export type DecimalTypes = ReadonlyMap<string, string>

export interface RawRelation {
  readonly product: DataProduct
  readonly object: ProductObject
  /** What stands after `FROM`. */
  readonly from: string
  /** Type of each column as the file has it. */
  readonly natives: ReadonlyMap<string, string>
}

const MAX_DIGITS = 38
/** A double prints 17 digits at most; more after the point than this is noise. */
const MAX_SCALE = 18

/**
 * Chooses the decimal types for files that have none: the contract's precision and scale, else as many places as the
 * values have, so that no digit is lost. One scan of those columns, and none where the contract says it.
 */
export async function chooseDecimalTypes(connection: DuckDBConnection, relation: RawRelation): Promise<DecimalTypes> {
  const { product, object, natives } = relation
  const types = new Map<string, string>()
  const unknown: ProductProperty[] = []
  for (const property of object.properties) {
    if (property.type !== 'decimal' || !isWithoutDecimals(natives.get(property.physicalName) ?? 'VARCHAR')) continue
    const declared = declaredType(product, object, property)
    if (declared === undefined) unknown.push(property)
    else types.set(property.name, declared)
  }
  const scales = await findScales(connection, relation, unknown)
  unknown.forEach((property, index) => types.set(property.name, `DECIMAL(${MAX_DIGITS},${Math.min(scales[index] ?? 0, MAX_SCALE)})`))
  return types
}

function isWithoutDecimals(native: string): boolean {
  return nativeFamily(native) !== 'decimal' && !native.endsWith(']')
}

/** `DECIMAL(18,2)` of `numeric(18, 2)`; undefined where the contract gives no size, or one beyond the engine's. */
function declaredType(product: DataProduct, object: ProductObject, property: ProductProperty): string | undefined {
  const source = product.contract.schema?.find(({ name }) => name === object.name)?.properties?.find(({ name }) => name === property.name)
  const element: OdcsPropertyBase | undefined = property.list ? source?.items ?? source : source
  const match = /^\s*[A-Z]+\s*[([]\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?[)\]]/i.exec(element?.physicalType ?? '')
  if (match === null) return undefined
  const [precision, scale] = [Number(match[1]), Number(match[2] ?? 0)]
  return precision >= 1 && precision <= MAX_DIGITS && scale <= precision ? `DECIMAL(${precision},${scale})` : undefined
}

async function findScales(connection: DuckDBConnection, { from }: RawRelation, properties: readonly ProductProperty[]): Promise<readonly number[]> {
  if (properties.length === 0) return []
  const columns = properties.map((property) => placesSql(`CAST(${quoteIdentifier(property.physicalName)} AS VARCHAR)`))
  const reader = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM ${from}`)
  return (reader.getRowsJS()[0] ?? []).map(Number)
}

// All numbers in the text, because it may be a list: `1.25` has two places, `1.25e-07` nine.
function placesSql(text: string): string {
  const longest = (pattern: string, measure: string): string => `coalesce(list_max(list_transform(regexp_extract_all(${text}, '${pattern}', 1), lambda x: ${measure})), 0)`
  return `coalesce(max(${longest(String.raw`\.(\d+)`, 'length(x)')} + ${longest(String.raw`[eE]-0*(\d{1,2})`, 'CAST(x AS INTEGER)')}), 0)`
}
