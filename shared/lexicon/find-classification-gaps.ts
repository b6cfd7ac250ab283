import type { DataProduct, ProductObject, ProductProperty } from '../contract/index.ts'
import type { Diagnostic } from '../errors/index.ts'
import { objectsBySense } from './check-contracts.ts'
import type { Lexicon } from './lexicon.ts'
import type { Mapping } from './mapping.ts'
import { comparableWord } from './words.ts'

/** From the least to the most protected; what a contract does not classify is internal. */
const RANKS = ['public', 'internal', 'confidential', 'restricted'] as const

/**
 * Fields that two domains keep of one and the same record (`exactMatch`) and classify differently. A mask is its domain's decision over
 * its own copy, so whoever may not see the one may see the other: nobody is overruled, the difference is told.
 */
export function findClassificationGaps(products: readonly DataProduct[], lexicon: Lexicon): readonly Diagnostic[] {
  const objects = objectsBySense(products)
  return [...lexicon.mappings.values()].filter(({ predicate }) => predicate === 'exactMatch').flatMap((mapping) => {
    const [from, to] = [objects.get(mapping.from), objects.get(mapping.to)]
    return from === undefined || to === undefined ? [] : sameFields(mapping, from, to).flatMap(([one, other]) => gapOf(mapping, one, other))
  })
}

/** Pairs of fields that hold the same of a record: those that the mapping compares, and those of one name. */
function sameFields({ rule }: Mapping, from: ProductObject, to: ProductObject): readonly (readonly [ProductProperty, ProductProperty])[] {
  const compared = rule.kind === 'normalizedValue' || rule.kind === 'sharedIdentifier' ? pairsOf(rule.from, rule.to) : []
  const named = from.properties.flatMap((one) => to.properties.filter((other) => comparableWord(one.name) === comparableWord(other.name)).map((other) => [one.name, other.name] as const))
  const names = new Map([...compared, ...named].map(([one, other]) => [`${one} ${other}`, [one, other] as const]))
  return [...names.values()].flatMap(([one, other]) => {
    const [left, right] = [findProperty(from, one), findProperty(to, other)]
    return left === undefined || right === undefined ? [] : [[left, right] as const]
  })
}

function pairsOf(from: string | readonly string[], to: string | readonly string[]): readonly (readonly [string, string])[] {
  const [left, right] = [[from].flat(), [to].flat()]
  return left.flatMap((one, at) => (right[at] === undefined ? [] : [[one, right[at]] as const]))
}

function findProperty({ properties }: ProductObject, name: string): ProductProperty | undefined {
  return properties.find((property) => property.name === name || property.field === name)
}

function gapOf(mapping: Mapping, one: ProductProperty, other: ProductProperty): readonly Diagnostic[] {
  const [left, right] = [rankOf(one), rankOf(other)]
  if (left === right) return []
  const of = (sense: string, property: ProductProperty): string => `${sense}.${property.field} (${property.classification ?? 'not classified'})`
  const [closed, open] = left > right ? [of(mapping.from, one), of(mapping.to, other)] : [of(mapping.to, other), of(mapping.from, one)]
  return [{
    rule: 'classification-differs',
    severity: 'warning',
    position: mapping.position,
    what: `${closed} is more protected than ${open}, and ${mapping.id} says that they are of the same record`,
    why: 'a mask is its domain\'s decision over its own copy: who may not see the one in clear may see the other',
    how: 'classify both alike, or have a policy of the mesh mask both by name; if the difference is meant, leave it',
  }]
}

function rankOf({ classification = 'internal' }: ProductProperty): number {
  const rank = RANKS.findIndex((known) => known === classification)
  // A word of the mesh's own is not below what everybody may see.
  return rank === -1 ? RANKS.indexOf('internal') : rank
}
