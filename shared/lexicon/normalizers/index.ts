import { normalizeCompanyName } from './company-name.ts'
import { normalizeCountry } from './country.ts'
import { normalizeEmail } from './email.ts'
import { foldText } from './fold-text.ts'
import { normalizePhone } from './phone.ts'
import { normalizeTaxId } from './tax-id.ts'

/**
 * The canonical form of a value, or undefined when it has none (then nothing matches it). Pure, idempotent, linear in
 * the length of the input.
 */
export type Normalizer = (value: string) => string | undefined

/** Every normaliser that a mapping or a vocabulary may name. */
export const NORMALIZERS = {
  text: foldText,
  email: normalizeEmail,
  phone: normalizePhone,
  country: normalizeCountry,
  taxId: normalizeTaxId,
  companyName: normalizeCompanyName,
} as const satisfies Record<string, Normalizer>

export type NormalizerName = keyof typeof NORMALIZERS
