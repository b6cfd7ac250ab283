import { splitWords, type DataProduct } from '../contract/index.ts'
import type { Diagnostic } from '../errors/index.ts'
import type { Lexicon } from './lexicon.ts'
import { comparableWord } from './words.ts'

/**
 * Data products of several domains under one name that is the name of no concept: an analyst who searches for the word finds
 * them side by side and takes them for one.
 */
export function findProductNames(products: readonly DataProduct[], lexicon: Lexicon): readonly Diagnostic[] {
  const declared = new Set([...lexicon.concepts.values()].flatMap((concept) => [concept.name, ...concept.synonyms].map(comparableWord)))
  const byWord = Map.groupBy(products, nameWithoutDomain)
  return [...byWord].flatMap(([word, all]): readonly Diagnostic[] => {
    const domains = [...new Set(all.map(({ domain }) => domain))].sort()
    // Where the types have the name too, what is said about the types settles it.
    const types = all.filter(({ objects }) => objects.some((object) => comparableWord(object.name) === word))
    const isSettledByTypes = new Set(types.map(({ domain }) => domain)).size > 1
    if (word === '' || domains.length < 2 || declared.has(word) || isSettledByTypes) return []
    return [{
      rule: 'polyseme-undeclared-product',
      severity: 'warning',
      what: `"${word}" names a data product of ${domains.join(', ')}, and no concept says what the word means:\n${all.map((product) => `    ${product.domain}: ${product.description ?? 'no description'}`).join('\n')}`,
      expected: 'a concept of that name with a sense for each domain, or product names that say the difference',
      why: 'products that are found under one word are taken for one thing',
      how: `Add a file concepts/${word.replaceAll(' ', '-')}.yaml with \`name\`, \`definition\` and \`senses\`, or rename a product.`,
    }]
  })
}

/** `sales-customers` of the domain sales is `customer`: the domain stands before the name anyway. */
function nameWithoutDomain({ domain, name, contract }: DataProduct): string {
  const prefix = new Set(splitWords(domain).map((word) => word.toLowerCase()))
  const words = splitWords(contract.dataProduct ?? name).filter((word) => !prefix.has(word.toLowerCase()))
  return comparableWord(words.join(' '))
}
