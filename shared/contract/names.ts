import { pluralize, singularize } from 'inflection'

/**
 * The words of a name in any spelling: `customer_id`, `CustomerID`, `customer-id` and `Customer Id` are all customer, id.
 *
 * Letters with marks lose them (`Größe` → Grosse); what has no Latin letter is left out.
 */
export function splitWords(name: string): readonly string[] {
  return name
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('ø', 'o')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
}

/** `customer_id` → `customerId`; undefined when the name has no Latin letter or digit. */
export function toCamelCase(name: string): string | undefined {
  const words = splitWords(name)
  const [first, ...rest] = words
  return first === undefined ? undefined : startWithLetter(first.toLowerCase() + rest.map(capitalize).join(''))
}

/** `order_line` → `OrderLine`; undefined when the name has no Latin letter or digit. */
export function toPascalCase(name: string): string | undefined {
  const words = splitWords(name)
  return words.length === 0 ? undefined : startWithLetter(words.map(capitalize).join(''))
}

/** `Customer Care` → `customer-care`; undefined when the name has no Latin letter or digit. */
export function toKebabCase(name: string): string | undefined {
  const words = splitWords(name)
  return words.length === 0 ? undefined : words.map((word) => word.toLowerCase()).join('-')
}

/** Value of an enum: `On hold` → `ON_HOLD`; undefined when nothing is left, or GraphQL reserves it. */
export function toEnumName(value: string): string | undefined {
  const name = value
    .replaceAll('+', ' plus ')
    .replaceAll('%', ' percent ')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .join('_')
    .toUpperCase()
  if (name === '') return undefined
  return startWithLetter(name)
}

/** The singular of the last word of a camelCase or PascalCase name. */
export function toSingular(name: string): string {
  return inflectLastWord(name, (word) => (NO_SINGULAR.has(word.toLowerCase()) ? word : singularize(word)))
}

/** The plural of the last word of a camelCase or PascalCase name. */
export function toPlural(name: string): string {
  return inflectLastWord(name, (word) => IRREGULAR_PLURALS.get(word.toLowerCase()) ?? pluralize(word))
}

/** Whether GraphQL accepts the name, `__` (GraphQL's own) excluded. */
export function isGraphqlName(name: string): boolean {
  return /^[_A-Za-z][_0-9A-Za-z]*$/.test(name) && !name.startsWith('__')
}

/** Field of `Query` under which a domain's fields stand: `customer-care` → `customerCare`. */
export function rootFieldOf(domain: string): string {
  return toCamelCase(domain) ?? domain
}

/** Type of that field: `customer-care` → `CustomerCareQuery`. */
export function rootTypeOf(domain: string): string {
  return `${toPascalCase(domain) ?? domain}Query`
}

/** Words that the library takes for plurals (`lens` → `len`), or whose singular nobody says (`datum`). */
const NO_SINGULAR = new Set(['lens', 'gas', 'corpus', 'canvas', 'atlas', 'data', 'metadata', 'media', 'criteria', 'sales', 'goods', 'news', 'gis', 'sms', 'dns', 'aws', 'gps', 'os', 'ms'])
const IRREGULAR_PLURALS = new Map([['lens', 'lenses'], ['gas', 'gases'], ['corpus', 'corpora'], ['canvas', 'canvases'], ['atlas', 'atlases'], ['hero', 'heroes'], ['staff', 'staff']])

function inflectLastWord(name: string, inflect: (word: string) => string): string {
  const start = name.search(/[A-Z]?[a-z0-9]*$|[A-Z0-9]+$/)
  const head = name.slice(0, start)
  const word = name.slice(start)
  if (word === '') return name
  const inflected = inflect(word.toLowerCase())
  const isCapitalised = word.charAt(0) !== word.charAt(0).toLowerCase()
  return head + (isCapitalised ? capitalize(inflected) : inflected)
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
}

/** GraphQL names don't begin with a digit. */
function startWithLetter(name: string): string {
  return /^\d/.test(name) ? `_${name}` : name
}
