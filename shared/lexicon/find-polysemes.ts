import type { DataProduct, ProductObject, ProductProperty } from '../contract/index.ts'
import type { Diagnostic } from '../errors/index.ts'
import type { Concept, SenseName } from './concept.ts'
import { findProductNames } from './find-product-names.ts'
import type { Lexicon } from './lexicon.ts'
import { comparableWord, wordOverlap } from './words.ts'

/** A place where a domain uses a word for a type. */
interface TypeUse {
  readonly sense: SenseName
  readonly domain: string
  readonly object: ProductObject
  readonly grain: string | undefined
}

/** A place where a domain uses a word for a field. */
interface FieldUse {
  readonly domain: string
  readonly object: ProductObject
  readonly property: ProductProperty
}

/**
 * Words that several domains use and that the lexicon says nothing about: types (errors), fields of differing form or
 * measure and data products (warnings). Each finding shows what the domains mean by the word and the exact lines that settle it. A word
 * that is declared, as the same or as different, is no finding.
 */
export function findPolysemes(products: readonly DataProduct[], lexicon: Lexicon): readonly Diagnostic[] {
  return [...findTypes(products, lexicon), ...findFields(products, lexicon), ...findProductNames(products, lexicon)]
}

function findTypes(products: readonly DataProduct[], lexicon: Lexicon): readonly Diagnostic[] {
  const uses = new Map<string, TypeUse[]>()
  const canonical = canonicalWords(lexicon)
  for (const product of products) {
    for (const object of product.objects) {
      const word = comparableWord(object.name)
      const use: TypeUse = { sense: `${product.domain}.${object.name}`, domain: product.domain, object, grain: grainOf(product, object) }
      const key = canonical.get(word) ?? word
      uses.set(key, [...(uses.get(key) ?? []), use])
    }
  }
  return [...uses].flatMap(([word, all]) => {
    const open = all.filter(({ sense }) => !lexicon.senses.has(sense))
    const isShared = new Set(all.map(({ domain }) => domain)).size > 1
    return isShared && open.length > 0 ? [undeclaredType(word, all, open, lexicon)] : []
  })
}

/** Synonyms lead to the word of their concept, so that `Client` in a new domain meets `Customer` in the others. */
function canonicalWords(lexicon: Lexicon): ReadonlyMap<string, string> {
  const words = new Map<string, string>()
  for (const concept of lexicon.concepts.values()) {
    if (concept.type !== 'entity') continue
    const own = comparableWord(concept.name)
    for (const synonym of [...concept.synonyms, ...concept.senses.flatMap(({ synonyms }) => synonyms)]) {
      if (!words.has(comparableWord(synonym))) words.set(comparableWord(synonym), own)
    }
  }
  for (const concept of lexicon.concepts.values()) words.delete(comparableWord(concept.name))
  return words
}

function undeclaredType(word: string, all: readonly TypeUse[], open: readonly TypeUse[], lexicon: Lexicon): Diagnostic {
  const concept = [...lexicon.concepts.values()].find((one) => one.type === 'entity' && comparableWord(one.name) === word)
  const [first] = open
  const others = all.filter((use) => use.domain !== first?.domain)
  return {
    rule: 'polyseme-undeclared-type',
    severity: 'error',
    what: `"${word}" is used by ${list(all.map(({ sense }) => sense))}, and the lexicon does not say what ${list(open.map(({ sense }) => sense))} ${open.length === 1 ? 'means' : 'mean'}:\n${all.map((use) => `    ${use.sense}: ${definitionOf(use.object)}`).join('\n')}`,
    expected: 'a sense for each domain under one concept (then a mapping can say how they belong together), or under different concepts',
    why: first === undefined ? '' : others.map((other) => compareTypes(first, other)).join('; '),
    how:
      concept === undefined
        ? conceptLines(word, all)
        : `Add to the senses of concept \`${concept.id}\` (${concept.position.file}):\n${open.map((use) => senseLines(use)).join('\n')}`,
  }
}

/** What speaks for and against the two being one, for the person who decides. */
function compareTypes(one: TypeUse, other: TypeUse): string {
  const keys = [one, other].map(({ object }) =>
    (object.keys[0] ?? [])
      .map((field) => `${field}: ${object.properties.find((property) => property.field === field)?.type ?? '?'}`)
      .join(', '),
  )
  const [left = '', right = ''] = keys
  const shared = one.object.properties.filter((property) =>
    other.object.properties.some((candidate) => candidate.field === property.field && candidate.type === property.type),
  ).length
  const overlap = Math.round(100 * wordOverlap(definitionOf(one.object), definitionOf(other.object)))
  const grains = one.grain === undefined || other.grain === undefined ? '' : `, one row is "${one.grain}" / "${other.grain}"`
  return `${one.sense} and ${other.sense}: ${left === right ? `same key form (${left}), which proves nothing` : `keys differ (${left || 'none'} / ${right || 'none'})`}${grains}, ${shared} fields alike, definitions share ${overlap} % of their words`
}

function conceptLines(word: string, all: readonly TypeUse[]): string {
  const words = word.split(' ')
  const name = words.map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`).join('')
  return [
    `Add a file concepts/${words.join('-')}.yaml:`,
    'kind: Concept',
    `id: ${words.join('-')}`,
    `name: ${name}`,
    'definition: …',
    'senses:',
    ...all.map(senseLines),
  ].join('\n')
}

function senseLines({ sense, object, grain }: TypeUse): string {
  const key = object.keys[0] ?? []
  return [
    `  - sense: ${sense}`,
    `    definition: ${quote(definitionOf(object))}`,
    `    key: ${key.length === 1 ? key[0] : `[${key.join(', ')}]`}`,
    `    grain: ${quote(grain ?? '…')}`,
  ].join('\n')
}

function findFields(products: readonly DataProduct[], lexicon: Lexicon): readonly Diagnostic[] {
  const uses = new Map<string, FieldUse[]>()
  for (const product of products) {
    for (const object of product.objects) {
      const keys = new Set(object.keys.flat())
      for (const property of object.properties) {
        if (keys.has(property.field) || isReference(property, object)) continue
        const word = comparableWord(property.field)
        uses.set(word, [...(uses.get(word) ?? []), { domain: product.domain, object, property }])
      }
    }
  }
  return [...uses].flatMap(([word, all]) => {
    const [first] = all
    const differing =
      first === undefined ? undefined : all.find((other) => other.domain !== first.domain && differenceOf(first, other) !== undefined)
    if (first === undefined || differing === undefined || isDeclared(word, all, lexicon)) return []
    return [undeclaredField(word, all, [first, differing])]
  })
}

/** A foreign key repeats another record's key; it is no word of its own. */
function isReference(property: ProductProperty, object: ProductObject): boolean {
  return object.relationships.some(({ cardinality, on }) => cardinality === 'one' && on.some(({ from }) => from === property.field))
}

/** Why two fields of one name cannot be taken for the same; undefined when their forms do not speak against it. */
function differenceOf(one: FieldUse, other: FieldUse): string | undefined {
  const [left, right] = [one.property, other.property]
  if (left.type !== right.type || left.list !== right.list) return `${left.type} / ${right.type}`
  const values = [left, right].map(({ values: all }) =>
    all
      ?.map(({ value }) => value)
      .sort()
      .join(', '),
  )
  if (values[0] !== undefined && values[1] !== undefined && values[0] !== values[1]) return `values ${values[0]} / ${values[1]}`
  const isMeasure = left.type === 'boolean' || left.type === 'number' || left.type === 'decimal'
  const [leftText, rightText] = [left.description ?? '', right.description ?? '']
  return isMeasure && leftText !== rightText && wordOverlap(leftText, rightText) < 0.8 ? 'two measures' : undefined
}

function isDeclared(word: string, all: readonly FieldUse[], lexicon: Lexicon): boolean {
  const places = new Set(all.map(placeOf))
  const covered = (fields: readonly { readonly sense: string; readonly field: string }[]): number =>
    fields.filter(({ sense, field }) => places.has(`${sense}.${field}`)).length
  const inVocabulary = [...lexicon.vocabularies.values()].some(({ fields }) => covered(fields) === places.size)
  return (
    inVocabulary ||
    [...lexicon.concepts.values()].some(
      (concept) => isWordConcept(concept) && comparableWord(concept.name) === word && coversDomains(concept, all),
    )
  )
}

function isWordConcept(concept: Concept): boolean {
  return concept.type === 'metric' || concept.type === 'attribute'
}

function coversDomains(concept: Concept, all: readonly FieldUse[]): boolean {
  return all.every(({ domain }) => concept.senses.some((sense) => sense.domain === domain))
}

function undeclaredField(word: string, all: readonly FieldUse[], [one, other]: readonly [FieldUse, FieldUse]): Diagnostic {
  const words = word.split(' ')
  const name = words.map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`).join('')
  const isMetric = one.property.type === 'boolean' || one.property.type === 'number' || one.property.type === 'decimal'
  const lines = [...Map.groupBy(all, ({ domain }) => domain)].flatMap(([domain, uses]) => [
    `  - sense: ${domain}.${name}`,
    `    definition: ${quote(uses[0]?.property.description ?? '…')}`,
    ...(isMetric ? ['    measure: …'] : []),
    `    fields: [${uses.map(placeOf).join(', ')}]`,
  ])
  return {
    rule: 'polyseme-undeclared-field',
    severity: 'warning',
    what: `"${word}" stands for different things in ${placeOf(one)} and ${placeOf(other)} (${differenceOf(one, other) ?? ''}):\n${all.map((use) => `    ${placeOf(use)}: ${use.property.description ?? 'no description'}`).join('\n')}`,
    expected: 'a concept of type metric or attribute, or a vocabulary, that says what each domain means',
    why: 'Whoever compares or adds the two gets a number that means nothing.',
    how: [
      `Add a file concepts/${words.join('-')}.yaml:`,
      'kind: Concept',
      `id: ${words.join('-')}`,
      `name: ${name}`,
      `type: ${isMetric ? 'metric' : 'attribute'}`,
      'definition: …',
      'senses:',
      ...lines,
    ].join('\n'),
  }
}

function placeOf({ domain, object, property }: FieldUse): string {
  return `${domain}.${object.name}.${property.field}`
}

function grainOf(product: DataProduct, object: ProductObject): string | undefined {
  return product.contract.schema?.find(({ name }) => name === object.name)?.dataGranularityDescription
}

function definitionOf(object: ProductObject): string {
  return object.description?.replaceAll(/\s+/gu, ' ').trim() ?? 'no description'
}

/** A YAML scalar: quoted, since a definition may hold colons and hashes. */
function quote(text: string): string {
  return JSON.stringify(text)
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
