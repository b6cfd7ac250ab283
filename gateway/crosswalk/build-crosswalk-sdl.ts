import { toPlural } from '@polyseme/kit/contract'
import type { ConceptModel, CrosswalkModel, SenseModel, SurvivorshipModel, Way } from './crosswalk-model.ts'
import { accessDirectives, joinAccess } from './domain-access.ts'
import { LEXICON_SDL } from './lexicon-sdl.ts'

/** Arguments by which a caller chooses the links that count. */
const VIEW_ARGUMENTS = 'asOf: DateTime, knownAt: DateTime, minConfidence: Float, status: [MappingStatus!]'

const DIRECTIVES = ['@key', '@external', '@requires', '@inaccessible', '@authenticated', '@requiresScopes', '@policy']

const FEDERATION = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(DIRECTIVES)})`

/** Ids or keys that one batch field takes at most. */
export const MAX_BATCH_KEYS = 1_000

/**
 * The crosswalk's Federation SDL: ways between the senses' types, the concepts under their bare names, the lexicon.
 *
 * Keys are typed as the domains type them; whoever may not read a type never sees fields that return it, since the
 * domain's own `@requiresScopes` on the type holds for every field that returns it.
 */
export function buildCrosswalkSdl(model: CrosswalkModel): string {
  const leaves = new Map(model.leafTypes)
  leaves.delete('DateTime')
  return [
    FEDERATION,
    ...leaves.values(),
    ...[...model.senses.values()].map((sense) => senseSdl(sense, model)),
    ...model.concepts.map(conceptSdl),
    ...keyInputs(model),
    querySdl(model),
    LEXICON_SDL,
  ].join('\n\n')
}

function senseSdl(sense: SenseModel, model: CrosswalkModel): string {
  const keyFields = sense.key.map(({ field }) => field)
  const lines = [
    ...sense.key.map(({ field, type }) => `  ${field}: ${type.text}`),
    ...[...externalFields(sense, model)]
      .filter(([field]) => !keyFields.includes(field))
      .map(([field, type]) => `  ${field}: ${type} @external`),
    ...sense.ways.map(waySdl),
    ...sense.vocabularies.map(({ vocabulary, field, type, standardField }) =>
      described(
        `\`${field}\` as the mesh's code of ${vocabulary.name}; null when it is none of its spellings.`,
        `${standardField}: String @requires(fields: "${field}")${accessDirectives(type.access)}`,
      ),
    ),
    described(
      'Why it is linked with records of other domains, and with which; also that there is no counterpart, and what was ruled out.',
      `mappings(to: [String!], ${VIEW_ARGUMENTS}): [Mapping!]!`,
    ),
    described(
      `The ${sense.concept.name} that it is: all records that exactMatch makes one thing.`,
      `concept(asOf: DateTime, knownAt: DateTime): ${sense.concept.name}`,
    ),
  ]
  return `type ${sense.typeName} @key(fields: "${keyFields.join(' ')}") {\n${lines.join('\n')}\n}`
}

/** Fields of the domain that standard values and survivorship read. */
function externalFields(sense: SenseModel, model: CrosswalkModel): ReadonlyMap<string, string> {
  const sources = model.concepts
    .flatMap(({ survivorship }) => survivorship.flatMap((field) => field.sources))
    .filter((source) => source.sense === sense)
  return new Map([...sense.vocabularies, ...sources].map(({ field, type }) => [field, type.text]))
}

function waySdl({ field, to, toType, many, routes }: Way): string {
  const meaning = routes.map(({ mapping }) => mapping.definition ?? `${mapping.predicate} by ${mapping.id}`).join(' ')
  return described(
    `The ${many ? 'counterparts' : 'counterpart'} that ${to} has for it: ${meaning}`,
    `${field}(${VIEW_ARGUMENTS}): ${many ? `[${toType}!]` : toType}`,
  )
}

function conceptSdl({ concept, senses, survivorship }: ConceptModel): string {
  const needed = new Set(survivorship.flatMap(({ sources }) => sources.map(({ sense }) => sense.typeName)))
  const lines = [
    '  id: ID!',
    described('Ids under which it was known before records were joined.', 'aliases: [ID!]!'),
    described('The records that are it, in every domain that the caller may read.', 'members: [ConceptMember!]!'),
    described('How its records came to be one thing: every link between them.', 'explain: [Mapping!]!'),
    described('Where links would have joined records that are known not to be one.', 'conflicts: [IdentityConflict!]!'),
    described(
      'Everything ever recorded about what makes it one thing, oldest first: also what was refused, withdrawn or split off.',
      'history: [Mapping!]!',
    ),
    // Nullable: a domain that is down or denied must not take the whole concept with it.
    ...senses.map(({ sense, typeName }) => described(`${sense.definition} (${sense.name})`, `as${typeName}: [${typeName}!]`)),
    ...[...needed].map((typeName) => `  ${survivorField(typeName)}: [${typeName}!] @inaccessible`),
    ...survivorship.filter(({ sources }) => sources.length > 0).map(survivorshipSdl),
  ]
  return `${description(concept.definition)}\ntype ${concept.name} @key(fields: "id") @authenticated {\n${lines.join('\n')}\n}`
}

function survivorshipSdl({ name, type, description: text = '', sources }: SurvivorshipModel): string {
  const selections = Map.groupBy(sources, ({ sense }) => sense.typeName)
  const requires = [...selections]
    .map(([typeName, own]) => `${survivorField(typeName)} { ${own.map(({ field }) => field).join(' ')} }`)
    .join(' ')
  const from = sources.map(({ sense, field }) => `${sense.sense.name}.${field}`).join(', ')
  // Composition demands that the field ask for whatever its sources ask for: who may not read one of them, reads none.
  const access = joinAccess(sources.flatMap((source) => [source.sense.access, source.type.access]))
  return described(`${text} The first present of ${from}.`, `${name}: ${type} @requires(fields: "${requires}")${accessDirectives(access)}`)
}

/** Field from which survivorship reads; not part of what clients see. */
export function survivorField(typeName: string): string {
  return `survivors${typeName}`
}

function keyInputs(model: CrosswalkModel): readonly string[] {
  return [...model.senses.values()]
    .filter(({ key }) => key.length > 1)
    .map(({ typeName, key }) => `input ${typeName}Key {\n${key.map(({ field, type }) => `  ${field}: ${type.named}!`).join('\n')}\n}`)
}

function querySdl(model: CrosswalkModel): string {
  const lines = model.concepts.flatMap(({ concept: { name }, senses }) => {
    const one = senses.map((sense) => `${argumentName(sense.typeName)}: ${keyInputType(sense)}`).join(', ')
    const many = senses.map((sense) => `${argumentName(sense.typeName)}: [${keyInputType(sense)}!]`).join(', ')
    return [
      described(
        `The ${name} of an id, or of a record's key in one domain; exactly one of them is given. Whether the record is there, its domain knows: one that nothing links is a ${name} by itself, of which the domain shows nothing where it has no such record.`,
        `${conceptField(name)}(id: ID, ${one}, asOf: DateTime, knownAt: DateTime): ${name} @authenticated`,
      ),
      described(
        `Several of them in the order of the ids or keys; null where there is none. At most ${MAX_BATCH_KEYS}.`,
        `${conceptsField(name)}(ids: [ID!], ${many}, asOf: DateTime, knownAt: DateTime): [${name}] @authenticated`,
      ),
    ]
  })
  const lexicon = [
    described('What a word means: every concept and sense that it names.', 'term(name: String!): Term! @authenticated'),
    described('Every concept of the lexicon.', 'terms: [TermConcept!]! @authenticated'),
    described(
      'For stewards: records known not to be one that links would join, with the links between them.',
      'identityConflicts: [IdentityConflict!]! @requiresScopes(scopes: [["lexicon:steward"]])',
    ),
  ]
  return `type Query {\n${[...lines, ...lexicon].join('\n')}\n}`
}

/** `SalesCustomer` → `salesCustomer`. */
export function argumentName(typeName: string): string {
  return `${typeName.charAt(0).toLowerCase()}${typeName.slice(1)}`
}

/** `Customer` → `customer`. */
export function conceptField(name: string): string {
  return argumentName(name)
}

/** `Customer` → `customers`. */
export function conceptsField(name: string): string {
  const one = conceptField(name)
  const many = toPlural(one)
  return many === one ? `${one}List` : many
}

function keyInputType({ typeName, key }: SenseModel): string {
  const [only] = key
  return key.length === 1 && only !== undefined ? only.type.named : `${typeName}Key`
}

/** A field with its description. */
function described(text: string, field: string): string {
  return `  ${description(text)}\n  ${field}`
}

/** JSON's escapes are GraphQL's. */
function description(text: string): string {
  return JSON.stringify(text.replaceAll(/\s+/gu, ' ').trim())
}
