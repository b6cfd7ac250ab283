import { splitWords, type ProductObject, type ProductProperty } from '@polyseme/kit/contract'
import { comparableWord } from '@polyseme/kit/lexicon'
import type { Comparison, ComparisonKind } from './comparison.ts'

/** What a field is about, as its name says; fields of one topic are set against each other whatever they are called. */
const TOPICS: readonly { readonly topic: string; readonly words: readonly string[]; readonly kind: ComparisonKind }[] = [
  { topic: 'email', words: ['email', 'mail'], kind: 'email' },
  { topic: 'phone', words: ['phone', 'telephone', 'tel', 'mobile'], kind: 'phone' },
  { topic: 'country', words: ['country'], kind: 'country' },
  { topic: 'postal code', words: ['postal', 'postcode', 'zip', 'plz'], kind: 'code' },
  { topic: 'city', words: ['city', 'town'], kind: 'text' },
  { topic: 'street', words: ['street', 'address'], kind: 'text' },
  { topic: 'tax id', words: ['vat', 'tax'], kind: 'code' },
  { topic: 'iban', words: ['iban'], kind: 'code' },
  { topic: 'bank', words: ['bank'], kind: 'category' },
  { topic: 'website', words: ['website', 'url', 'homepage'], kind: 'text' },
  { topic: 'birth', words: ['birth', 'born'], kind: 'date' },
]

const PERSON_WORDS = ['full', 'first', 'last', 'person', 'contact', 'given', 'family']

/**
 * What can be compared between two objects, from their contracts alone: fields about the same thing, by name and type.
 * Keys, references and what `without` names are left out.
 */
export function inferComparisons(from: ProductObject, to: ProductObject, without: readonly string[] = []): readonly Comparison[] {
  const [left, right] = [from, to].map((object) =>
    object.properties.filter((property) => isComparable(property, object) && !without.includes(property.field)),
  )
  const comparisons: Comparison[] = []
  const taken = new Set<string>()
  for (const property of left ?? []) {
    const { topic, kind } = topicOf(property)
    const other = right?.find(
      (candidate) => !taken.has(candidate.field) && topicOf(candidate).topic === topic && topicOf(candidate).kind === kind,
    )
    if (other === undefined || comparisons.some(({ name }) => name === topic)) continue
    taken.add(other.field)
    comparisons.push({ name: topic, kind, from: property.field, to: other.field })
  }
  return comparisons
}

function isComparable(property: ProductProperty, object: ProductObject): boolean {
  const isReference = object.relationships.some(({ on }) => on.some(({ from }) => from === property.field))
  // When a row was written says nothing of what it is about.
  return (
    !property.list &&
    property.type !== 'json' &&
    property.type !== 'boolean' &&
    property.type !== 'timestamp' &&
    !object.keys.flat().includes(property.field) &&
    !isReference
  )
}

function topicOf(property: ProductProperty): { readonly topic: string; readonly kind: ComparisonKind } {
  const words = splitWords(property.field).map((word) => word.toLowerCase())
  const known = TOPICS.find((one) => one.words.some((word) => words.includes(word)))
  if (known !== undefined && (property.type === 'string' || known.kind === 'date'))
    return { topic: known.topic, kind: known.kind === 'date' && property.type !== 'date' ? 'number' : known.kind }
  if (words.at(-1) === 'name' && property.type === 'string') {
    return { topic: 'name', kind: words.some((word) => PERSON_WORDS.includes(word)) ? 'personName' : 'companyName' }
  }
  return { topic: comparableWord(property.field), kind: kindOfType(property) }
}

function kindOfType({ type }: ProductProperty): ComparisonKind {
  if (type === 'enum') return 'category'
  if (type === 'date') return 'date'
  return type === 'integer' || type === 'bigint' || type === 'number' || type === 'decimal' ? 'number' : 'text'
}
