import { NORMALIZERS } from '@polyseme/kit/lexicon'
import type { ComparisonKind } from './comparison.ts'

/** A value made ready to be compared; undefined columns are null. */
export interface PreparedValue {
  readonly main: string | number | undefined
  readonly words?: readonly string[]
  readonly part?: string | undefined
}

/** Longest number of words of a name that are looked at. */
const MAX_WORDS = 8

/** The prepared value of a field, in the columns that `PREPARED_COLUMNS` lists for its kind. */
export function prepareValue(kind: ComparisonKind, value: unknown): PreparedValue {
  const text = textOf(value)
  if (text === undefined) return { main: undefined }
  switch (kind) {
    case 'companyName':
      return prepareName(NORMALIZERS.companyName(text))
    case 'personName':
      return prepareName(NORMALIZERS.companyName(text.replace(/^([^,]+),(.+)$/u, '$2 $1')))
    case 'email': {
      const email = NORMALIZERS.email(text)
      return { main: email, part: email?.slice(email.indexOf('@') + 1) }
    }
    // The national number's last digits are all that spellings with and without country code share.
    case 'phone':
      return { main: NORMALIZERS.phone(text)?.replace('+', '').slice(-8) }
    case 'country':
      return { main: NORMALIZERS.country(text) }
    case 'text':
      return { main: plainText(text) }
    case 'code':
      return { main: plainText(text)?.replaceAll(' ', '') }
    case 'category':
      return { main: plainText(text) }
    case 'number':
      return { main: Number.isFinite(Number(text)) ? Number(text) : undefined }
    case 'date':
      return { main: /^\d{4}-\d{2}-\d{2}/u.exec(text)?.[0] }
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function prepareName(name: string | undefined): PreparedValue {
  if (name === undefined) return { main: undefined }
  const words = [...new Set(name.split(' '))].slice(0, MAX_WORDS).sort()
  return { main: name, words, part: words.join(' ') }
}

/** Folded, without marks and punctuation. */
function plainText(text: string): string | undefined {
  const plain = NORMALIZERS.text(text)
    ?.normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  return plain === undefined || plain === '' ? undefined : plain
}
