import type { CsvColumn } from './csv-columns.ts'

/**
 * Where a spreadsheet may begin a formula, OWASP's list: `= + - @` and their full-width forms, at the begin of the cell and after
 * whatever may begin a cell or a line for a reader that separates by something else than commas: it does not see our quotes
 * as such. White space, control characters and quotes between are skipped by some readers.
 */
const FORMULA = /(^|[;\t\v\f\r\n\u0085\u2028\u2029])((?:(?![;\t\v\f\r\n\u0085\u2028\u2029])["\s\p{Cc}\p{Cf}])*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu
const BEGINS_WITH_BREAK = /^[\t\r\n]/
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const NEEDS_QUOTES = /[",;\t\r\n]/

/** The line of column names. */
export function csvHeader(columns: readonly CsvColumn[]): string {
  return `${columns.map(({ name }) => name).join(',')}\r\n`
}

/**
 * One row as a line of RFC 4180. Null is an empty cell, an empty text is `""`.
 *
 * With `neutralise`, an apostrophe stands before what a spreadsheet would run as a formula. A number is no formula,
 * however it begins: in columns of numbers, and only there, what is written like a number stays as it is.
 */
export function csvLine(row: unknown, columns: readonly CsvColumn[], neutralise: boolean): string {
  let line = ''
  for (const [index, column] of columns.entries()) line += `${index === 0 ? '' : ','}${cellText(valueAt(row, column.path), column, neutralise)}`
  return `${line}\r\n`
}

function valueAt(row: unknown, path: readonly string[]): unknown {
  let value: unknown = row
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

function cellText(value: unknown, { kind }: CsvColumn, neutralise: boolean): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (!neutralise || (kind === 'number' && NUMBER.test(text))) return text === '' || NEEDS_QUOTES.test(text) ? quoted(text) : text
  const harmless = neutralised(text)
  return text === '' || harmless !== text || NEEDS_QUOTES.test(text) ? quoted(harmless) : text
}

function neutralised(text: string): string {
  const harmless = text.replaceAll(FORMULA, "$1'$2")
  return BEGINS_WITH_BREAK.test(text) ? `'${harmless}` : harmless
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
