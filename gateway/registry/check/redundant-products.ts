import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import type { Diagnostic } from '@polyseme/kit/errors'
import { comparableWord } from '@polyseme/kit/lexicon'

/** Fields that an object has at least before it is compared: a list of codes and labels is like every other. */
const LEAST_FIELDS = 5
/** Share of fields that two objects have in common, of all that either has, from which on they are nearly the same. */
const NEARLY_SAME = 0.8

interface ComparedObject {
  readonly product: DataProduct
  readonly object: ProductObject
  readonly fields: ReadonlySet<string>
  readonly key: string
}

/**
 * Objects of the published products that have nearly the same fields and the same key as one of another product: the same data offered
 * twice, of which one will be wrong some day. A warning: two domains may well have reasons.
 */
export function findRedundantProducts(published: readonly DataProduct[], others: readonly DataProduct[]): readonly Diagnostic[] {
  const own = published.flatMap(comparedObjects)
  const all = [...own, ...others.flatMap(comparedObjects)]
  return own.flatMap((one, index) => all.slice(index + 1).flatMap((other): readonly Diagnostic[] => {
    if (one.product === other.product || one.key === '' || one.key !== other.key) return []
    const share = commonShare(one.fields, other.fields)
    if (share < NEARLY_SAME) return []
    return [{
      rule: 'product-redundant', severity: 'warning',
      what: `${one.object.typeName} of ${one.product.urn} has the key and ${Math.round(share * 100)} % of the fields of ${other.object.typeName} of ${other.product.urn}`,
      why: 'the same data offered twice is two truths as soon as one of them changes',
      how: `refer to ${other.object.typeName} from your own types, or say in the descriptions what the two differ in`,
    }]
  }))
}

function comparedObjects(product: DataProduct): readonly ComparedObject[] {
  return product.objects.filter(({ properties }) => properties.length >= LEAST_FIELDS).map((object) => ({
    product, object,
    fields: new Set(object.properties.map(({ field }) => comparableWord(field))),
    key: (object.keys[0] ?? []).map(comparableWord).toSorted().join(' + '),
  }))
}

function commonShare(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return one.intersection(other).size / one.union(other).size
}
