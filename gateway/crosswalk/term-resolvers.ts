import {
  comparableWord,
  invertPredicate,
  type Cardinality,
  type Concept,
  type Lexicon,
  type Mapping,
  type Sense,
  type SenseField,
  type SenseName,
  type Vocabulary,
} from '@polyseme/kit/lexicon'
import type { GraphQLFieldResolver } from 'graphql'
import type { CrosswalkContext } from './crosswalk-context.ts'
import type { CrosswalkModel } from './crosswalk-model.ts'
import { graphName } from './graph-name.ts'

type Resolver = GraphQLFieldResolver<unknown, unknown>

/**
 * `Query.term` and `Query.terms`: the lexicon, read by whoever is signed in. It describes words, never records; which
 * type a sense is in the graph, and which fields that has, only to those who may read it.
 */
export function termResolvers(model: CrosswalkModel): { readonly term: Resolver; readonly terms: Resolver } {
  const { lexicon } = model
  const words = indexWords(lexicon)
  const concepts = new Map([...lexicon.concepts.values()].map((concept) => [concept.id, describeConcept(concept, model)]))
  return {
    term: (_source, args: { readonly name?: string }) => {
      const found = words.get(comparableWord(args.name ?? ''))
      return {
        name: args.name,
        concepts: [...(found?.concepts ?? [])].map((id) => concepts.get(id)),
        vocabularies: [...(found?.vocabularies ?? [])].map((vocabulary) => describeVocabulary(vocabulary, model)),
      }
    },
    terms: () => [...concepts.values()],
  }
}

interface Named {
  readonly concepts: Set<string>
  readonly vocabularies: Set<Vocabulary>
}

/** Names, ids, synonyms of concepts and of senses, and sense names. */
function indexWords(lexicon: Lexicon): ReadonlyMap<string, Named> {
  const words = new Map<string, Named>()
  const named = (word: string): Named => {
    const key = comparableWord(word)
    const entry = words.get(key) ?? { concepts: new Set<string>(), vocabularies: new Set<Vocabulary>() }
    words.set(key, entry)
    return entry
  }
  for (const concept of lexicon.concepts.values()) {
    const own = [
      concept.id,
      concept.name,
      ...concept.synonyms,
      ...concept.senses.flatMap((sense) => [sense.name, sense.object, `${sense.domain} ${sense.object}`, ...sense.synonyms]),
    ]
    for (const word of own) named(word).concepts.add(concept.id)
  }
  for (const vocabulary of lexicon.vocabularies.values())
    for (const word of [vocabulary.id, vocabulary.name]) named(word).vocabularies.add(vocabulary)
  return words
}

function describeConcept(concept: Concept, model: CrosswalkModel): unknown {
  const { lexicon } = model
  const reference = (id: string): unknown => {
    const other = lexicon.concepts.get(id)
    return { id, name: other?.name ?? id, definition: other?.definition ?? '' }
  }
  return {
    ...concept,
    notToBeConfusedWith: concept.notToBeConfusedWith.map((other) => ({ concept: reference(other.concept), because: other.because })),
    broader: concept.broader.map(reference),
    narrower: [...lexicon.concepts.values()].filter(({ broader }) => broader.includes(concept.id)).map(({ id }) => reference(id)),
    related: concept.related.map(reference),
    steward: concept.steward?.name,
    workingGroup: concept.workingGroup?.name,
    senses: concept.senses.map((sense) => describeSense(sense, model)),
  }
}

function describeSense(sense: Sense, model: CrosswalkModel): unknown {
  const known = model.senses.get(sense.name)
  const mappings = [...model.lexicon.mappings.values()].filter(({ from, to }) => from === sense.name || to === sense.name)
  return {
    ...sense,
    // Functions are called by GraphQL's default resolver, with the context of the request.
    typeName: (_args: unknown, context: CrosswalkContext) =>
      known !== undefined && context.mayRead(known.typeName) ? known.typeName : null,
    fields: (_args: unknown, context: CrosswalkContext) =>
      known === undefined ? readableFields(sense.fields, model, context) : context.mayRead(known.typeName) ? known.fields : [],
    product: known?.product ?? sense.product,
    mappings: mappings.map((mapping) => describeMapping(mapping, sense)),
  }
}

function describeMapping(mapping: Mapping, sense: Sense): unknown {
  const outward = mapping.from === sense.name
  return {
    id: mapping.id,
    to: outward ? mapping.to : mapping.from,
    predicate: graphName(outward ? mapping.predicate : invertPredicate(mapping.predicate)),
    cardinality: outward ? mapping.cardinality : INVERTED_CARDINALITY[mapping.cardinality],
    rule: graphName(mapping.rule.kind),
    definition: mapping.definition,
    status: graphName(mapping.status),
  }
}

const INVERTED_CARDINALITY: Readonly<Record<Cardinality, string>> = { '1:1': '1:1', '1:n': 'n:1', 'n:1': '1:n', 'n:m': 'm:n' }

function describeVocabulary(vocabulary: Vocabulary, model: CrosswalkModel): unknown {
  return { ...vocabulary, fields: (_args: unknown, context: CrosswalkContext) => readableFields(vocabulary.fields, model, context) }
}

function readableFields(fields: readonly SenseField[], model: CrosswalkModel, context: CrosswalkContext): readonly string[] {
  const isReadable = (name: SenseName): boolean => {
    const sense = model.senses.get(name)
    return sense !== undefined && context.mayRead(sense.typeName)
  }
  return fields.filter(({ sense }) => isReadable(sense)).map(({ sense, field }) => `${sense}.${field}`)
}
