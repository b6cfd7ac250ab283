import { foldText, latinizeLookAlikes } from './fold-text.ts'

/**
 * Tax or company register number: upper-case letters and digits only, without the zeros that lead the number (after
 * the two-letter country prefix, where there is one). Undefined under 4 characters or without a digit.
 */
export function normalizeTaxId(value: string): string | undefined {
  const folded = foldText(value)
  if (folded === undefined) return undefined
  const plain = latinizeLookAlikes(folded).toUpperCase().replaceAll(/[\s./_:\-\u2010-\u2015]+/gu, '')
  if (!/^[A-Z0-9]{4,40}$/u.test(plain) || !/\d/u.test(plain)) return undefined
  const prefix = /^[A-Z]{2}(?=\d)/u.exec(plain)?.[0] ?? ''
  const number = plain.slice(prefix.length).replace(/^0+(?=.)/u, '')
  return `${prefix}${number}`
}
