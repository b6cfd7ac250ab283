import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { comparableWord, type Lexicon } from '@polyseme/kit/lexicon'
import type { CatalogView } from './catalog-sources.ts'

/** A word that leads to a product, how near it is, and what a caller must be able to read for it to count. */
interface Lead {
  readonly word: string
  readonly weight: number
  readonly coordinate: string | undefined
}

const MAX_SEARCH_CHARS = 200
const MAX_SEARCH_WORDS = 10

/** A product's words, its objects' and their meanings', its fields'; a description counts least. */
const WEIGHTS = { name: 16, meaning: 8, object: 8, field: 4, description: 1 } as const

/** A thread that looks through products lets others have their turn after so long. */
const TURN_MS = 5

/** A product is the same object in every graph that has it, so a new graph looks only through what is new in it. */
const KNOWN = new WeakMap<object, WeakMap<DataProduct, readonly Lead[]>>()
const NO_LEXICON = {}

/** Finds products by words; what a caller may not read leads nowhere. Words are collected at the first search. */
export class SearchIndex {
  readonly #products: readonly DataProduct[]
  readonly #lexicon: Lexicon | undefined

  constructor(products: readonly DataProduct[], lexicon: Lexicon | undefined) {
    this.#products = products
    this.#lexicon = lexicon
  }

  /** Products to which every word leads, the nearest first; a word may be cut short. @throws BAD_USER_INPUT */
  async find(search: string, view: CatalogView): Promise<readonly DataProduct[]> {
    const words = searchWords(search)
    const found: { readonly product: DataProduct; readonly score: number }[] = []
    let begun = performance.now()
    for (const product of this.#products) {
      const leads = this.#leadsTo(product)
      const scores = words.map((word) => nearest(word, leads, view))
      if (!scores.includes(0)) found.push({ product, score: scores.reduce((sum, score) => sum + score, 0) })
      if (performance.now() - begun < TURN_MS) continue
      await nextTurn()
      begun = performance.now()
    }
    return found.sort((a, b) => b.score - a.score || (a.product.urn < b.product.urn ? -1 : 1)).map(({ product }) => product)
  }

  #leadsTo(product: DataProduct): readonly Lead[] {
    const lexicon = this.#lexicon ?? NO_LEXICON
    const known = KNOWN.get(lexicon) ?? new WeakMap<DataProduct, readonly Lead[]>()
    KNOWN.set(lexicon, known)
    const leads = known.get(product) ?? leadsTo(product, this.#lexicon)
    known.set(product, leads)
    return leads
  }
}

/** @throws BAD_USER_INPUT for more than a search is */
export function searchWords(search: string): readonly string[] {
  const words = wordsOf(search)
  if (search.length > MAX_SEARCH_CHARS || words.length > MAX_SEARCH_WORDS) throw new GatewayError('BAD_USER_INPUT', `A search has at most ${MAX_SEARCH_WORDS} words and ${MAX_SEARCH_CHARS} characters.`)
  return words
}

/** Words as they are compared: however written, in the singular. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/[^\p{L}\p{N}]+/u).flatMap((part) => comparableWord(part).split(' ')).filter((word) => word !== '')
}

function nearest(word: string, leads: readonly Lead[], view: CatalogView): number {
  let best = 0
  for (const lead of leads) {
    if (!lead.word.startsWith(word)) continue
    // What begins with the word is half as near as the word itself.
    const score = lead.word === word ? lead.weight : lead.weight / 2
    if (score > best && (lead.coordinate === undefined || view.decisionOf(lead.coordinate) !== 'denied')) best = score
  }
  return best
}

function leadsTo(product: DataProduct, lexicon: Lexicon | undefined): readonly Lead[] {
  return distinct([
    ...lead(`${product.name} ${product.title ?? ''} ${product.domain}`, WEIGHTS.name),
    ...lead(`${product.description ?? ''} ${product.owner?.name ?? ''}`, WEIGHTS.description),
    ...product.objects.flatMap((object) => [
      ...lead(meaningsOf(object, lexicon), WEIGHTS.meaning),
      ...lead(object.name, WEIGHTS.object, object.typeName),
      ...lead(object.description ?? '', WEIGHTS.description, object.typeName),
      ...object.properties.flatMap((property) => {
        const coordinate = `${object.typeName}.${property.field}`
        return [...lead(property.name, WEIGHTS.field, coordinate), ...lead(property.description ?? '', WEIGHTS.description, coordinate)]
      }),
    ]),
  ])
}

/** The lexicon is everybody's who may sign in: the words of a sense lead to its product, whoever may read the type. */
function meaningsOf({ sense }: ProductObject, lexicon: Lexicon | undefined): string {
  const known = sense === undefined ? undefined : [...lexicon?.senses ?? []].find(([name]) => name === sense)?.[1]
  return known === undefined ? '' : [known.concept.name, ...known.concept.synonyms, known.sense.object, ...known.sense.synonyms].join(' ')
}

function lead(text: string, weight: number, coordinate?: string): readonly Lead[] {
  return wordsOf(text).map((word) => ({ word, weight, coordinate }))
}

/** One lead for each word and coordinate, the nearest. */
function distinct(leads: readonly Lead[]): readonly Lead[] {
  const best = new Map<string, Lead>()
  for (const one of leads) {
    const key = `${one.word} ${one.coordinate ?? ''}`
    const known = best.get(key)
    if (known === undefined || known.weight < one.weight) best.set(key, one)
  }
  return [...best.values()]
}
