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

/** The singular of the last word of a camelCase or PascalCase name; one or two letters (`os`, `s`) are no plural. */
export function toSingular(name: string): string {
  return inflectLastWord(name, (word) => SINGULAR_OF.get(word) ?? (word.length < 3 ? word : singularize(word)))
}

/** The plural of the last word of a camelCase or PascalCase name. */
export function toPlural(name: string): string {
  return inflectLastWord(name, (word) => PLURAL_OF.get(word) ?? pluralize(word))
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

/** Words with one form: there is no other, or nobody says it (`datum`). */
const UNCOUNTED = new Set([
  'aws',
  'criteria',
  'data',
  'dns',
  'gis',
  'goods',
  'gps',
  'headquarters',
  'means',
  'media',
  'metadata',
  'news',
  'ops',
  'os',
  'sales',
  'sms',
  'staff',
])

/** Words that the library gets wrong in one direction or the other (`lens` → len, `caches` → cach). */
const IRREGULAR: readonly (readonly [singular: string, plural: string])[] = [
  ['alumnus', 'alumni'],
  ['analysis', 'analyses'],
  ['atlas', 'atlases'],
  ['axis', 'axes'],
  ['bias', 'biases'],
  ['cache', 'caches'],
  ['calorie', 'calories'],
  ['canvas', 'canvases'],
  ['cookie', 'cookies'],
  ['corpus', 'corpora'],
  ['ellipsis', 'ellipses'],
  ['focus', 'focuses'],
  ['gas', 'gases'],
  ['hero', 'heroes'],
  ['iris', 'irises'],
  ['lens', 'lenses'],
  ['nucleus', 'nuclei'],
  ['oasis', 'oases'],
  ['quota', 'quotas'],
  ['radius', 'radii'],
  ['shoe', 'shoes'],
  ['stimulus', 'stimuli'],
  ['tie', 'ties'],
  ['toe', 'toes'],
]
const PLURAL_OF = new Map(IRREGULAR)
const SINGULAR_OF = new Map(
  IRREGULAR.flatMap(
    ([singular, plural]) =>
      [
        [plural, singular],
        [singular, singular],
      ] as const,
  ),
)

function inflectLastWord(name: string, inflect: (word: string) => string): string {
  const start = name.search(/[A-Z]?[a-z0-9]*$|[A-Z0-9]+$/)
  const head = name.slice(0, start)
  const word = name.slice(start)
  if (word === '' || UNCOUNTED.has(word.toLowerCase())) return name
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
