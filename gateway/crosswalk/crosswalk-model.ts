import type { DataProduct, ProductObject, RowFilter } from '@polyseme/kit/contract'
import {
  isFromMany,
  isToMany,
  objectsBySense,
  type Concept,
  type Lexicon,
  type Mapping,
  type Sense,
  type SenseName,
  type Vocabulary,
} from '@polyseme/kit/lexicon'
import { OPEN, type DeclaredAccess } from './domain-access.ts'
import { readDomainTypes, type DomainTypes, type FieldType } from './domain-types.ts'

/** What the crosswalk needs of a domain's subgraph; a `SubgraphDefinition` is one. */
export interface CrosswalkDomain {
  readonly name: string
  readonly sdl: string
  /** Empty for a foreign subgraph: its senses are found in the SDL alone. */
  readonly products: readonly DataProduct[]
}

/** Senses, their types in the graph, and the ways between them. */
export interface CrosswalkModel {
  readonly lexicon: Lexicon
  /** Senses of entities whose type exists in the graph. */
  readonly senses: ReadonlyMap<SenseName, SenseModel>
  readonly byType: ReadonlyMap<string, SenseModel>
  readonly concepts: readonly ConceptModel[]
  /** Type definitions of scalars and enums that keys and values need, by name. */
  readonly leafTypes: ReadonlyMap<string, string>
}

export interface SenseModel {
  readonly sense: Sense
  readonly concept: Concept
  /** `SalesCustomer`. */
  readonly typeName: string
  readonly key: readonly KeyField[]
  /** What the type asks of the caller. */
  readonly access: DeclaredAccess
  readonly rowFilters: readonly RowFilter[]
  /** One for each other sense that an approved or proposed mapping reaches. */
  readonly ways: readonly Way[]
  readonly vocabularies: readonly VocabularyField[]
  /** Names of all fields of the type, as its domain declares them. */
  readonly fields: readonly string[]
  /** URN of the data product; undefined for a foreign subgraph without contract. */
  readonly product: string | undefined
}

/** One field of a key, as the domain's subgraph types it. */
export interface KeyField {
  readonly field: string
  readonly type: FieldType
}

/** From one sense to another, by every mapping between the two. */
export interface Way {
  /** `asBillingCustomer`. */
  readonly field: string
  readonly to: SenseName
  readonly toType: string
  readonly many: boolean
  readonly routes: readonly Route[]
}

/** One mapping walked in one direction. */
export interface Route {
  readonly mapping: Mapping
  /** The side of the mapping that the walk starts from. */
  readonly side: 'from' | 'to'
}

/** A field whose values a vocabulary knows, and the field beside it that gives the mesh's code. */
export interface VocabularyField {
  readonly vocabulary: Vocabulary
  readonly field: string
  readonly type: FieldType
  /** `standardCountry`. */
  readonly standardField: string
}

export interface ConceptModel {
  readonly concept: Concept
  readonly senses: readonly SenseModel[]
  readonly survivorship: readonly SurvivorshipModel[]
}

/** A field of the concept type; the first present value in the order of `sources` wins. */
export interface SurvivorshipModel {
  readonly name: string
  readonly type: string
  readonly description: string | undefined
  readonly sources: readonly { readonly sense: SenseModel; readonly field: string; readonly type: FieldType }[]
}

/** Finds the senses' types in the domains' subgraphs and lays the ways between them. */
export function buildCrosswalkModel(lexicon: Lexicon, domains: readonly CrosswalkDomain[]): CrosswalkModel {
  const objects = objectsBySense(domains.flatMap(({ products }) => products))
  const types = new Map(domains.map((domain) => [domain.name, readDomainTypes(domain.sdl)]))
  const leafTypes = new Map<string, string>()
  const resolve = (domain: string, typeName: string, field: string): FieldType | undefined => {
    const domainTypes = types.get(domain)
    const type = domainTypes?.fields.get(typeName)?.get(field)
    const definition = type === undefined ? undefined : domainTypes?.leaves.get(type.named)
    if (type !== undefined && definition !== undefined) leafTypes.set(type.named, definition)
    return type
  }
  const typeNames = new Map<SenseName, string>()
  for (const { sense, concept } of lexicon.senses.values()) {
    const typeName = concept.type === 'entity' ? typeNameOf(sense, objects.get(sense.name), types.get(sense.domain)) : undefined
    if (typeName !== undefined) typeNames.set(sense.name, typeName)
  }
  const senses = new Map<SenseName, SenseModel>()
  for (const [name, typeName] of typeNames) {
    const { sense, concept } = lexicon.senses.get(name) ?? unreachable(name)
    const key = sense.key.map((field) => ({ field, type: resolve(sense.domain, typeName, field) }))
    if (!key.every((part): part is KeyField => part.type !== undefined)) continue
    senses.set(name, {
      sense,
      concept,
      typeName,
      key,
      access: types.get(sense.domain)?.access.get(typeName) ?? OPEN,
      rowFilters: objects.get(name)?.rowFilters ?? [],
      ways: waysFrom(name, lexicon, typeNames),
      vocabularies: vocabularyFields(name, lexicon, (field) => resolve(sense.domain, typeName, field)),
      fields: [...(types.get(sense.domain)?.fields.get(typeName)?.keys() ?? [])],
      product: domains.flatMap(({ products }) => products).find(({ objects: own }) => own.some((object) => object.typeName === typeName))
        ?.urn,
    })
  }
  const concepts = [...lexicon.concepts.values()]
    .filter(({ type }) => type === 'entity')
    .map((concept): ConceptModel => ({
      concept,
      senses: concept.senses.flatMap(({ name }) => senses.get(name) ?? []),
      survivorship: concept.fields.map((field) => ({
        name: field.name,
        type: field.type,
        description: field.description,
        sources: field.from.flatMap((from) => {
          const sense = senses.get(from.sense)
          const type = sense === undefined ? undefined : resolve(sense.sense.domain, sense.typeName, from.field)
          return sense === undefined || type === undefined ? [] : [{ sense, field: from.field, type }]
        }),
      })),
    }))
  return {
    lexicon,
    senses,
    byType: new Map([...senses.values()].map((sense) => [sense.typeName, sense])),
    concepts: concepts.filter(({ senses }) => senses.length > 0),
    leafTypes,
  }
}

/** The contract's type; for a foreign subgraph the type of its own SDL, qualified or as it is. */
function typeNameOf(sense: Sense, object: ProductObject | undefined, types: DomainTypes | undefined): string | undefined {
  const pascalDomain = sense.domain.replaceAll(/(?:^|-)([a-z0-9])/gu, (_, char: string) => char.toUpperCase())
  return [object?.typeName, `${pascalDomain}${sense.object}`, sense.object].find((name) => name !== undefined && types?.fields.has(name))
}

function waysFrom(from: SenseName, lexicon: Lexicon, typeNames: ReadonlyMap<SenseName, string>): readonly Way[] {
  const routes = new Map<SenseName, Route[]>()
  for (const mapping of lexicon.mappings.values()) {
    if (mapping.status !== 'approved' && mapping.status !== 'proposed') continue
    for (const [here, there, side] of [
      [mapping.from, mapping.to, 'from'],
      [mapping.to, mapping.from, 'to'],
    ] as const) {
      if (here === from && typeNames.has(there)) routes.set(there, [...(routes.get(there) ?? []), { mapping, side }])
    }
  }
  return [...routes].map(([to, all]) => {
    const toType = typeNames.get(to) ?? unreachable(to)
    const many = all.some(({ mapping, side }) => (side === 'from' ? isToMany(mapping.cardinality) : isFromMany(mapping.cardinality)))
    return { field: `as${toType}`, to, toType, many, routes: all }
  })
}

function vocabularyFields(
  sense: SenseName,
  lexicon: Lexicon,
  resolve: (field: string) => FieldType | undefined,
): readonly VocabularyField[] {
  return [...lexicon.vocabularies.values()].flatMap((vocabulary) => {
    const own = vocabulary.fields.filter((field) => field.sense === sense)
    return own.flatMap(({ field }) => {
      const type = resolve(field)
      // With two fields of one vocabulary on a type, each standard field says which it stands for.
      const standardField =
        own.length === 1 ? `standard${vocabulary.name}` : `standard${vocabulary.name}Of${field.charAt(0).toUpperCase()}${field.slice(1)}`
      return type === undefined ? [] : [{ vocabulary, field, type, standardField }]
    })
  })
}

function unreachable(name: string): never {
  throw new TypeError(`${name} is not in the model`)
}
