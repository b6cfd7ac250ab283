import type { SourcePosition } from '../errors/index.ts'

/** `<domain>.<Object>`: what one domain means by a word; `Object` is an object of a data contract. */
export type SenseName = `${string}.${string}`

export type ConceptType = 'entity' | 'metric' | 'attribute'

/** One word of the business with what each domain means by it (a `skos:Concept`). */
export interface Concept {
  /** Kebab-case; never reused for another meaning. */
  readonly id: string
  /** Bare type in the graph, PascalCase. */
  readonly name: string
  /** `entity`: has records with keys. `metric`: a measure with a rule; `attribute`: a property of records: words only, for `term`. */
  readonly type: ConceptType
  readonly definition: string
  readonly synonyms: readonly string[]
  readonly examples: readonly string[]
  readonly notToBeConfusedWith: readonly { readonly concept: string; readonly because: string }[]
  /** Concept ids, `skos:broader`. */
  readonly broader: readonly string[]
  /** Concept ids, `skos:related`. */
  readonly related: readonly string[]
  readonly steward?: Person
  /** Who works on the word until it is settled. */
  readonly workingGroup?: { readonly name: string; /** ISO date. */ readonly until: string }
  readonly status: 'proposed' | 'approved' | 'deprecated'
  readonly history: readonly { readonly date: string; readonly by: string; readonly change: string }[]
  readonly senses: readonly Sense[]
  /** Fields of the concept's own type: which domain's value wins. */
  readonly fields: readonly SurvivorshipField[]
  readonly position: SourcePosition
}

/** What one domain means by a word. */
export interface Sense {
  readonly name: SenseName
  readonly domain: string
  /** Name of the contract's object. */
  readonly object: string
  readonly definition: string
  /** Field names of the key by which links name a record; empty unless the concept is an entity. */
  readonly key: readonly string[]
  /** What one row is, in a word or two. */
  readonly grain: string
  readonly synonyms: readonly string[]
  readonly examples: readonly string[]
  /** Metrics only: the rule in words. */
  readonly measure?: string
  /** Metrics and attributes: `<domain>/<product>`. */
  readonly product?: string
  /** Metrics and attributes: the fields in which it stands. */
  readonly fields: readonly SenseField[]
  readonly position: SourcePosition
}

/** A field of the concept type; the first sense that has a value for it wins. */
export interface SurvivorshipField {
  readonly name: string
  readonly type: 'String' | 'Int' | 'Float' | 'Boolean' | 'ID'
  readonly description?: string
  readonly from: readonly SenseField[]
  readonly position: SourcePosition
}

/** A field of a sense, `sales.Customer.name`. */
export interface SenseField {
  readonly sense: SenseName
  readonly field: string
}

export interface Person {
  readonly name: string
  readonly email?: string
}
