import { NORMALIZERS, type Vocabulary } from '@polyseme/kit/lexicon'

/** Spellings remembered; a column has few, an attacker many. */
const MAX_REMEMBERED = 10_000

/** The code of any spelling of a vocabulary's values: listed ones first, then what the normaliser says if it is a listed code. */
export function codeOf(vocabulary: Vocabulary): (spelling: string) => string | null {
  const normalize = NORMALIZERS[vocabulary.normalizer]
  const form = (spelling: string): string => NORMALIZERS.text(spelling) ?? ''
  const codes = new Map<string, string>()
  for (const { code, label, spellings } of vocabulary.values)
    for (const spelling of [code, label, ...spellings]) codes.set(form(spelling), code)
  const known = new Set(vocabulary.values.map(({ code }) => code))
  const remembered = new Map<string, string | null>()
  return (spelling) => {
    const before = remembered.get(spelling)
    if (before !== undefined) return before
    const normalized = normalize(spelling)
    const byNormalizer = normalized === undefined ? undefined : known.has(normalized) ? normalized : codes.get(normalized)
    const code = codes.get(form(spelling)) ?? byNormalizer ?? null
    if (remembered.size < MAX_REMEMBERED) remembered.set(spelling, code)
    return code
  }
}
