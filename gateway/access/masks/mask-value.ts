import { hash } from 'node:crypto'
import type { PropertyType } from '@polyseme/kit/contract'
import { assertNever } from '@polyseme/kit/errors'
import type { Mask } from '@polyseme/kit/identity'

/**
 * A value as a caller sees it who may not see it in clear: for subgraphs that cannot mask by themselves.
 *
 * The same as a contract-built subgraph computes in SQL, case by case (`tests/access/cases/mask-vectors.json`). The type
 * never changes; a mask that makes no sense for the type, or a value that is not of the type, gives null. Lists give null.
 * Without a key a hash gives null. Pure.
 */
export function maskValue(mask: Mask, value: unknown, type: PropertyType, key?: string): string | number | null {
  if (value === null || value === undefined) return null
  switch (mask.kind) {
    case 'null':
      return null
    case 'constant':
      return isText(value, type) ? mask.value : null
    case 'hash':
      return isText(value, type) && key !== undefined ? hashText(value, key) : null
    case 'partial':
      return isText(value, type) ? partialText(String(value)) : null
    case 'year':
      return typeof value === 'string' ? firstOfYear(value, type) : null
    case 'range':
      return lowerBound(value, mask.step, type)
    default:
      return assertNever(mask)
  }
}

/** An ID may be a number in JSON. */
function isText(value: unknown, type: PropertyType): value is string | number {
  return (type === 'string' && typeof value === 'string') || (type === 'id' && (typeof value === 'string' || typeof value === 'number'))
}

// Keyed twice over, as in HMAC, in a form that every database can compute.
function hashText(value: string | number, key: string): string {
  const inner = hash('sha256', `${key}:${value}`, 'hex')
  return hash('sha256', `${key}:${inner}`, 'hex').slice(0, 32)
}

/** The first character, and of an e-mail address that it is one and where it ends: `j•••@•••.com`. */
function partialText(text: string): string {
  const characters = Array.from(text)
  if (characters.length <= 2) return '•••'
  const at = text.indexOf('@')
  const dot = text.lastIndexOf('.')
  const address = at > 0 ? `@•••${dot > at ? text.slice(dot) : ''}` : ''
  return `${characters[0]}•••${address}`
}

const DATE = /^(\d{4})-\d{2}-\d{2}$/
const ZONED = /(?:Z|[+-]\d{2}:?\d{2})$/i

function firstOfYear(text: string, type: PropertyType): string | null {
  if (type === 'date') {
    const year = DATE.exec(text)?.[1]
    return year === undefined ? null : `${year}-01-01`
  }
  if (type !== 'timestamp') return null
  // A time without a zone is UTC, as the kit writes it.
  const time = new Date(ZONED.test(text) ? text : `${text}Z`)
  const year = time.getUTCFullYear()
  return year >= 0 && year <= 9999 ? `${String(year).padStart(4, '0')}-01-01T00:00:00Z` : null
}

function lowerBound(value: unknown, step: number, type: PropertyType): string | number | null {
  if (!(Number.isFinite(step) && step > 0)) return null
  if (type === 'integer' || type === 'number') return typeof value === 'number' && Number.isFinite(value) ? Number(floorTo(String(value), step)) : null
  if (type !== 'bigint' && type !== 'decimal') return null
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' ? (floorTo(text, step) ?? null) : null
}

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/
const SCALE_DIGITS = 6
const SCALE = 10n ** BigInt(SCALE_DIGITS)

/** The greatest multiple of the step that is not above the number; exact, with as many decimals as the number has. */
function floorTo(text: string, step: number): string | undefined {
  const match = DECIMAL.exec(Number.isNaN(Number(text)) || !/e/i.test(text) ? text : plainDecimal(Number(text)))
  if (match === null) return undefined
  const [, sign = '', whole = '0', decimals = ''] = match
  const scaled = BigInt(whole) * SCALE + BigInt(decimals.slice(0, SCALE_DIGITS).padEnd(SCALE_DIGITS, '0'))
  const number = sign === '-' ? -scaled : scaled
  const width = BigInt(Math.round(step * Number(SCALE)))
  if (width <= 0n) return undefined
  const quotient = number / width - (number < 0n && number % width !== 0n ? 1n : 0n)
  return formatScaled(quotient * width, decimals.length)
}

function plainDecimal(value: number): string {
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: SCALE_DIGITS })
}

function formatScaled(scaled: bigint, decimals: number): string {
  const positive = scaled < 0n ? -scaled : scaled
  const fraction = String(positive % SCALE).padStart(SCALE_DIGITS, '0').padEnd(decimals, '0').slice(0, Math.min(decimals, SCALE_DIGITS))
  return `${scaled < 0n ? '-' : ''}${positive / SCALE}${fraction === '' ? '' : `.${fraction}`}`
}
