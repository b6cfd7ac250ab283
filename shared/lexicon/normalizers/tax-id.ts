import { foldText, latinizeLookAlikes } from './fold-text.ts'

/**
 * Tax or company register number: upper-case letters and digits only. Where it is digits, with or without a two-letter
 * country prefix, the zeros that lead the digits are dropped. Undefined under 4 characters or without a digit.
 */
export function normalizeTaxId(value: string): string | undefined {
  const folded = foldText(value)
  if (folded === undefined) return undefined
  const plain = latinizeLookAlikes(folded)
    .toUpperCase()
    .replaceAll(/[\s./_:\-\u2010-\u2015]+/gu, '')
  const id = plain.replace(/^([A-Z]{2})?0+(?=\d+$)/u, '$1')
  return /^[A-Z0-9]{4,40}$/u.test(id) && /\d/u.test(id) ? id : undefined
}
