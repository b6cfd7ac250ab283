import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import { comparableWord, type Concept, type Sense } from '@polyseme/kit/lexicon'
import type { CatalogMesh, CatalogView } from './catalog-sources.ts'
import { agreementName } from './describe-product.ts'
import { searchWords, wordsOf } from './search-index.ts'

/** A word and everything that is meant by it. */
export interface Word {
  readonly word: string
  readonly isAmbiguous: boolean
  readonly meanings: readonly Meaning[]
}

export interface Meaning {
  readonly sense: string
  readonly domain: string
  readonly definition: string | undefined
  readonly grain: string | undefined
  readonly concept: string | undefined
  readonly product: DataProduct | undefined
  readonly typeName: string | undefined
}

interface Place {
  readonly product: DataProduct
  readonly object: ProductObject
}

/**
 * Words of the lexicon with what each domain means by them, and words that domains use without having declared it. The lexicon is
 * everybody's who may sign in; a type that it does not speak of, or its name, only those get who may read it.
 */
export function listWords({ domains, lexicon }: Pick<CatalogMesh, 'domains' | 'lexicon'>, view: CatalogView, search: string | undefined): readonly Word[] {
  const places = new Map(domains.flatMap(({ products }) => products).flatMap((product) => product.objects.map((object): [string, Place] => [`${product.domain}.${object.name}`, { product, object }])))
  const byName = new Map(domains.flatMap(({ products }) => products).map((product) => [agreementName(product), product]))
  const words = new Map<string, { readonly word: string; readonly meanings: Map<string, Meaning> }>()
  const addMeaning = (word: string, meaning: Meaning): void => {
    const key = comparableWord(word)
    const known = words.get(key) ?? { word, meanings: new Map<string, Meaning>() }
    words.set(key, known)
    known.meanings.set(meaning.sense, meaning)
  }
  for (const { sense, concept } of lexicon?.senses.values() ?? []) {
    const meaning = meaningOf({ sense, concept, place: places.get(sense.name), product: byName.get(sense.product ?? '') }, view)
    for (const word of new Set([concept.name, sense.object, ...sense.synonyms])) addMeaning(word, meaning)
  }
  for (const [name, place] of places) {
    if (lexicon?.senses.has(name as Sense['name']) === true || view.decisionOf(place.object.typeName) === 'denied') continue
    addMeaning(place.object.name, { sense: name, domain: place.product.domain, definition: place.object.description, grain: undefined, concept: undefined, product: place.product, typeName: place.object.typeName })
  }
  const wanted = search === undefined ? [] : searchWords(search)
  return [...words.values()]
    .filter(({ word }) => wanted.every((one) => wordsOf(word).some((own) => own.startsWith(one))))
    .map(({ word, meanings }) => ({ word, isAmbiguous: isAmbiguous([...meanings.values()]), meanings: [...meanings.values()] }))
    .sort((a, b) => b.meanings.length - a.meanings.length || (a.word < b.word ? -1 : 1))
}

interface KnownSense {
  readonly sense: Sense
  readonly concept: Concept
  /** Of an entity. */
  readonly place: Place | undefined
  /** Of a metric or an attribute. */
  readonly product: DataProduct | undefined
}

function meaningOf({ sense, concept, place, product }: KnownSense, view: CatalogView): Meaning {
  const mayRead = place !== undefined && view.decisionOf(place.object.typeName) !== 'denied'
  return {
    sense: sense.name, domain: sense.domain, definition: sense.definition, grain: sense.grain, concept: concept.name,
    product: place?.product ?? product, typeName: mayRead ? place.object.typeName : undefined,
  }
}

/** Several domains, each with a sense of its own: that two senses are of one concept does not make them one. */
function isAmbiguous(meanings: readonly Meaning[]): boolean {
  return new Set(meanings.map(({ domain }) => domain)).size > 1
}
