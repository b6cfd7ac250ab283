/** Longer values are not names, numbers or addresses; they have no canonical form. */
export const MAX_VALUE_CHARS = 1_024

/**
 * One spelling for what a reader sees as one text: compatibility forms, zero-width and control characters, case and
 * spaces are levelled. Undefined for what is empty then or longer than `MAX_VALUE_CHARS`.
 */
export function foldText(value: string): string | undefined {
  if (value.length > MAX_VALUE_CHARS) return undefined
  // Lower-casing can undo compatibility composition (`İ`), so both run again until nothing moves.
  let folded = foldOnce(value)
  for (let next = foldOnce(folded); next !== folded; next = foldOnce(folded)) folded = next
  return folded === '' ? undefined : folded
}

function foldOnce(value: string): string {
  return value.toWellFormed().normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').replaceAll(INVISIBLE, '').normalize('NFKC').trim()
}

/** Control and format characters, soft hyphen, fillers, variation selectors. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/** Letters of Cyrillic, Greek and Armenian that look like Latin ones; keys and values in lower case. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  һ: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  ѕ: 's',
  т: 't',
  у: 'y',
  ԝ: 'w',
  х: 'x',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'h',
  ι: 'i',
  κ: 'k',
  μ: 'm',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ζ: 'z',
  ω: 'w',
  օ: 'o',
  ս: 'u',
  հ: 'h',
  ո: 'n',
  ց: 'g',
  ք: 'p',
  ı: 'i',
  ɡ: 'g',
  ɑ: 'a',
  ʟ: 'l',
  ƽ: 's',
}

/** Whether a folded text mixes Latin letters with look-alikes of them: a disguise, or a slip of the keyboard. */
export function mixesLookAlikes(folded: string): boolean {
  return /\p{Script=Latin}/u.test(folded) && Array.from(folded).some((char) => Object.hasOwn(LOOK_ALIKES, char))
}

/**
 * Look-alike letters replaced by the Latin ones, word by word, and only in words that are otherwise Latin or that
 * consist of nothing but look-alikes, so that real Cyrillic and Greek words keep their letters.
 */
export function latinizeLookAlikes(folded: string): string {
  return folded.replaceAll(/[\p{L}\p{M}]+/gu, (word) => {
    const letters = Array.from(word)
    const allLatinOrAlike = letters.every((char) => Object.hasOwn(LOOK_ALIKES, char) || /[\p{Script=Latin}\p{M}]/u.test(char))
    return allLatinOrAlike ? letters.map((char) => (Object.hasOwn(LOOK_ALIKES, char) ? LOOK_ALIKES[char] : char)).join('') : word
  })
}
