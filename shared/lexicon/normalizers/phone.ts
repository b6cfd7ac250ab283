import { foldText } from './fold-text.ts'

/**
 * Telephone number: `+` and digits when it was international (`+44 (0)20 …`, `0044 20 …`), else the national digits
 * without leading zeros. Extensions are dropped. Undefined under 5 and over 15 digits, and for anything with letters.
 */
export function normalizePhone(value: string): string | undefined {
  const folded = foldText(value)
  if (folded === undefined) return undefined
  const bare = folded
    .replace(/^tel:/u, '')
    .replace(/(?:;ext=|ext\.?|x|#)[ .]?\d{1,8}$/u, '')
    .trim()
  const text = asciiDigits(bare)
  if (!/^\+?[\d ()./-]+$/u.test(text)) return undefined
  const international = text.startsWith('+') || /^\(?00[1-9 ]/u.test(text)
  // `(0)` after a country code is the trunk prefix, which is not dialled from abroad.
  const digits = (international ? text.replace('(0)', '') : text).replaceAll(/\D/gu, '').replace(/^0+/u, '')
  if (digits.length < 5 || digits.length > 15) return undefined
  return international ? `+${digits}` : digits
}

/** Decimal digits of every script as ASCII; Unicode keeps each script's ten in a row that starts at a multiple of ten from its zero. */
function asciiDigits(text: string): string {
  return text.replaceAll(/\P{ASCII}/gu, (char) => {
    if (!/\p{Nd}/u.test(char)) return char === '\u2010' || char === '\u2011' || char === '\u2013' ? '-' : char
    let value = 0
    let code = (char.codePointAt(0) ?? 0) - 1
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code))) {
      value += 1
      code -= 1
    }
    return String(value)
  })
}
