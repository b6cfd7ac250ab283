import { readCustomText } from './custom-properties.ts'
import type { ProductRelationship } from './data-product.ts'
import type { DraftObject, DraftProperty } from './draft.ts'
import { findForeignKeys, type ForeignKey } from './foreign-key.ts'
import { isGraphqlName, splitWords, toCamelCase, toPascalCase, toPlural } from './names.ts'

/**
 * The relations of every object, both ways: each foreign key gives a field at its own object (`order.customer`) and one at
 * the object it leads to (`customer.orders`).
 *
 * Names: forward the property without its key word (`customer_id` → customer), back the plural of the other object
 * (orders). Where several keys join the same two objects, or an object is joined to itself, back is `ordersByPayer`.
 * A name that is taken gets the next candidate; forward names are given first, in the order of the contracts.
 */
export function buildRelationships(objects: readonly DraftObject[]): ReadonlyMap<DraftObject, readonly ProductRelationship[]> {
  const keys = findForeignKeys(objects)
  const relationships = new Map(objects.map((draft): [DraftObject, ProductRelationship[]] => [draft, []]))
  const taken = new Map(
    objects.map((draft): [DraftObject, Set<string>] => [draft, new Set(draft.object.properties.map(({ field }) => field))]),
  )
  for (const key of keys) addRelation(forwardRelation(key), key, relationships, taken)
  for (const key of keys) addRelation(backwardRelation(key, keys), key, relationships, taken)
  return relationships
}

interface Relation {
  readonly at: DraftObject
  readonly to: DraftObject
  readonly cardinality: 'one' | 'many'
  readonly on: ProductRelationship['on']
  /** Custom property that names the field. */
  readonly nameKey: 'graphqlName' | 'graphqlInverseName'
  readonly candidates: readonly string[]
}

function forwardRelation(key: ForeignKey): Relation {
  const { from, to, pairs } = key
  const isOne =
    isUnique(
      to,
      pairs.map((pair) => pair.to),
    ) && declaredCardinality(key)?.to !== 'many'
  const target = isOne ? singularField(to) : to.object.fields.list
  const written = findStem(key)
  const stem = written === undefined || isOne ? written : toPlural(written)
  return {
    at: from,
    to,
    cardinality: isOne ? 'one' : 'many',
    on: pairs.map((pair) => ({ from: pair.from.property.field, to: pair.to.property.field })),
    nameKey: 'graphqlName',
    candidates: stem === undefined ? [target, `${target}Ref`] : [stem, target, `${stem}${capitalizeFirst(target)}`, `${stem}Ref`],
  }
}

function backwardRelation(key: ForeignKey, keys: readonly ForeignKey[]): Relation {
  const { from, to, pairs } = key
  const isOne =
    isUnique(
      from,
      pairs.map((pair) => pair.from),
    ) && declaredCardinality(key)?.from !== 'many'
  const plain = isOne ? singularField(from) : from.object.fields.list
  const stem = findStem(key)
  const by = `${plain}By${capitalizeFirst(stem ?? pairs.map((pair) => capitalizeFirst(pair.from.property.field)).join('And'))}`
  const siblings = keys.filter((other) => other.from === from && other.to === to)
  const isPlain = from !== to && (siblings.length === 1 || stem === singularField(to))
  return {
    at: to,
    to: from,
    cardinality: isOne ? 'one' : 'many',
    on: pairs.map((pair) => ({ from: pair.to.property.field, to: pair.from.property.field })),
    nameKey: 'graphqlInverseName',
    candidates: isPlain ? [plain, by] : [by],
  }
}

function addRelation(
  relation: Relation,
  key: ForeignKey,
  relationships: ReadonlyMap<DraftObject, ProductRelationship[]>,
  taken: ReadonlyMap<DraftObject, Set<string>>,
): void {
  const fields = taken.get(relation.at) ?? new Set<string>()
  const field = chooseField(relation, key, fields)
  if (field === undefined) return
  fields.add(field)
  // A relation to many has its aggregate beside it.
  if (relation.cardinality === 'many') fields.add(`${field}Aggregate`)
  relationships.get(relation.at)?.push({
    field,
    cardinality: relation.cardinality,
    toType: relation.to.object.typeName,
    on: relation.on,
    ...(key.description === undefined ? {} : { description: key.description }),
  })
}

function chooseField(relation: Relation, key: ForeignKey, taken: ReadonlySet<string>): string | undefined {
  const isFree = (name: string): boolean =>
    !taken.has(name) && !RESERVED.has(name) && !(relation.cardinality === 'many' && taken.has(`${name}Aggregate`))
  const { findings, places } = key.document
  const override = readCustomText(key.relationship.customProperties, relation.nameKey, key.document)
  if (override !== undefined) {
    if (isGraphqlName(override.value) && isFree(override.value)) return override.value
    findings.report({
      rule: 'contract-graphql-name',
      at: override.at,
      what: `\`${relation.nameKey}: ${override.value}\` can't be a field of \`${relation.at.source.name}\``,
      expected: 'letters, digits and `_`, not beginning with a digit or `__`, once per object',
      why: taken.has(override.value) ? 'the object has such a field' : 'GraphQL or the generated graph reserves it',
      how: 'choose another name',
    })
    return undefined
  }
  const found = relation.candidates.find(isFree)
  if (found !== undefined) return found
  const last = relation.candidates.at(-1) ?? 'related'
  const field = Array.from({ length: taken.size + 2 }, (_, index) => `${last}${index + 2}`).find(isFree)
  findings.report({
    rule: 'contract-field-renamed',
    severity: 'warning',
    at: places.of(key.relationship),
    what: `a relationship becomes the field \`${field ?? last}\` of \`${relation.at.source.name}\`, because \`${last}\` is taken`,
    why: "two fields of one object can't have one name",
    how: `add \`customProperties: [{ property: ${relation.nameKey}, value: … }]\` to the relationship to choose the name`,
  })
  return field
}

const RESERVED = new Set(['and', 'or', 'not', 'concept', 'mappings'])

/** Endings that say "this is a key": what stands before them is the word for the other object. */
const KEY_WORDS = new Set(['id', 'ids', 'key', 'code', 'no', 'nr', 'num', 'number', 'uuid', 'guid', 'ref', 'fk', 'sk', 'pk'])

/** `customer_id` → customer; undefined for several properties, or one that is all key word. */
function findStem({ pairs }: ForeignKey): string | undefined {
  const [pair, second] = pairs
  if (pair === undefined || second !== undefined) return undefined
  const words = splitWords(pair.from.source.name)
  const last = words.at(-1)?.toLowerCase() ?? ''
  const kept = KEY_WORDS.has(last) ? words.slice(0, -1) : words
  return kept.length === 0 ? undefined : toCamelCase(kept.join(' '))
}

/** Whether at most one row of the object has given values of these properties. */
function isUnique(draft: DraftObject, properties: readonly DraftProperty[]): boolean {
  if (properties.some(({ property }) => property.unique)) return true
  const fields = new Set(properties.map(({ property }) => property.field))
  return draft.object.keys.some((key) => key.every((field) => fields.has(field)))
}

/** `many-to-one`, `manyToOne` or `n:1`: which side has many, said by the contract. */
function declaredCardinality(key: ForeignKey): { readonly from: 'one' | 'many'; readonly to: 'one' | 'many' } | undefined {
  const declared = readCustomText(key.relationship.customProperties, 'cardinality', key.document)
  const sides = /^(one|many|1|n|m)\s*(?:-|_|:|\s)?\s*(?:to)?\s*(?:-|_|\s)?\s*(one|many|1|n|m)$/i.exec(declared?.value.trim() ?? '')
  if (sides === null) return undefined
  const side = (word: string | undefined): 'one' | 'many' => (/^(?:one|1)$/i.test(word ?? '') ? 'one' : 'many')
  return { from: side(sides[1]), to: side(sides[2]) }
}

function singularField({ object }: DraftObject): string {
  return object.fields.byKey.replace(/ByKey$/, '')
}

function capitalizeFirst(name: string): string {
  return toPascalCase(name) === undefined ? name : name.charAt(0).toUpperCase() + name.slice(1)
}
