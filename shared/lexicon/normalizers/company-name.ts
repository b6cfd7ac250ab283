import { foldText, latinizeLookAlikes } from './fold-text.ts'

const LEGAL_FORMS: ReadonlySet<string> = new Set([
  'inc',
  'incorporated',
  'corp',
  'corporation',
  'co',
  'company',
  'ltd',
  'limited',
  'llc',
  'llp',
  'lp',
  'plc',
  'pte',
  'pty',
  'gmbh',
  'ag',
  'kg',
  'kgaa',
  'ohg',
  'ug',
  'ev',
  'mbh',
  'sa',
  'sas',
  'sarl',
  'srl',
  'spa',
  'sl',
  'bv',
  'nv',
  'ab',
  'as',
  'asa',
  'aps',
  'oy',
  'oyj',
  'sro',
  'doo',
  'kft',
  'zrt',
  'ltda',
  'kk',
])

/**
 * Company name: folded, without diacritics and punctuation, `&` as `and`, dotted forms joined (`S.A.`), legal forms at
 * the end dropped (`Contoso Co., Ltd.` → `contoso`). A name that is nothing but legal forms keeps its words.
 */
export function normalizeCompanyName(value: string): string | undefined {
  const folded = foldText(value)
  if (folded === undefined) return undefined
  const letters = latinizeLookAlikes(
    folded
      .normalize('NFD')
      .replaceAll(/\p{M}+/gu, '')
      .normalize('NFKC')
      .toLowerCase(),
  )
  const spaced = letters
    .replaceAll('ß', 'ss')
    .replaceAll('&', ' and ')
    .replaceAll(/['’`´]/gu, '')
    .replaceAll(/(?<=(?:^|[^\p{L}\p{N}])\p{L})\.(?=\p{L}(?:[^\p{L}\p{N}]|$))/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  if (spaced === '') return undefined
  const words = spaced.split(' ')
  let end = words.length
  while (end > 0 && LEGAL_FORMS.has(words[end - 1] ?? '')) end -= 1
  return (end === 0 ? words : words.slice(0, end)).join(' ')
}
