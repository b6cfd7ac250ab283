import type { CsvColumn } from './csv-columns.ts'

/** A text that a spreadsheet may take for a formula, OWASP's list: `= + - @`, tab, carriage return, line feed; and their full-width forms. */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const NEEDS_QUOTES = /[",\r\n]/

/** The line of column names. */
export function csvHeader(columns: readonly CsvColumn[]): string {
  return `${columns.map(({ name }) => name).join(',')}\r\n`
}

/**
 * One row as a line of RFC 4180. Null is an empty cell, an empty text is `""`.
 *
 * With `neutralise`, a cell that a spreadsheet would run as a formula begins with an apostrophe. A number is no formula,
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
  if (neutralise && FORMULA.test(text) && !(kind === 'number' && NUMBER.test(text))) return quoted(`'${text}`)
  return text === '' || NEEDS_QUOTES.test(text) ? quoted(text) : text
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
