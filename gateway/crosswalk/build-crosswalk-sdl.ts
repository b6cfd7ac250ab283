import { toPlural } from '@polyseme/kit/contract'
import type { ConceptModel, CrosswalkModel, SenseModel } from './crosswalk-model.ts'
import { accessDirectives, joinAccess } from './domain-access.ts'
import { LEXICON_SDL } from './lexicon-sdl.ts'

/** Arguments by which a caller chooses the links that count. */
export const VIEW_ARGUMENTS = 'asOf: DateTime, knownAt: DateTime, minConfidence: Float, status: [MappingStatus!]'

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
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@inaccessible", "@authenticated", "@requiresScopes", "@policy"])',
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
  const external = new Map<string, string>()
  for (const { field, type } of sense.vocabularies) external.set(field, type.text)
  for (const { survivorship } of model.concepts) {
    for (const source of survivorship.flatMap(({ sources }) => sources))
      if (source.sense === sense) external.set(source.field, source.type.text)
  }
  const lines = [
    ...sense.key.map(({ field, type }) => `  ${field}: ${type.text}`),
    ...[...external].filter(([field]) => !keyFields.includes(field)).map(([field, type]) => `  ${field}: ${type} @external`),
    ...sense.ways.map((way) =>
      [
        describe(
          `${way.many ? 'The counterparts' : 'The counterpart'} that ${way.to} has for it: ${way.routes.map(({ mapping }) => mapping.definition ?? `${mapping.predicate} by ${mapping.id}`).join(' ')}`,
        ),
        `  ${way.field}(${VIEW_ARGUMENTS}): ${way.many ? `[${way.toType}!]` : way.toType}`,
      ].join('\n'),
    ),
    ...sense.vocabularies.map(
      (one) =>
        `${describe(`\`${one.field}\` as the mesh's code of ${one.vocabulary.name}; null when it is none of its spellings.`)}\n  ${one.standardField}: String @requires(fields: "${one.field}")${accessDirectives(one.type.access)}`,
    ),
    `${describe('Why it is linked with records of other domains, and with which; also that there is no counterpart, and what was ruled out.')}\n  mappings(to: [String!], ${VIEW_ARGUMENTS}): [Mapping!]!`,
    `${describe(`The ${sense.concept.name} that it is: all records that exactMatch makes one thing.`)}\n  concept(asOf: DateTime, knownAt: DateTime): ${sense.concept.name}`,
  ]
  return `type ${sense.typeName} @key(fields: "${keyFields.join(' ')}") {\n${lines.join('\n')}\n}`
}

function conceptSdl({ concept, senses, survivorship }: ConceptModel): string {
  const needed = new Map<string, SenseModel>()
  for (const { sense } of survivorship.flatMap(({ sources }) => sources)) needed.set(sense.typeName, sense)
  const lines = [
    '  id: ID!',
    `${describe('Ids under which it was known before records were joined.')}\n  aliases: [ID!]!`,
    `${describe('The records that are it, in every domain that the caller may read.')}\n  members: [ConceptMember!]!`,
    `${describe('How its records came to be one thing: every link between them.')}\n  explain: [Mapping!]!`,
    `${describe('Where links would have joined records that are known not to be one.')}\n  conflicts: [IdentityConflict!]!`,
    `${describe('Everything ever recorded about what makes it one thing, oldest first: also what was refused, withdrawn or split off.')}\n  history: [Mapping!]!`,
    ...senses.map(({ sense, typeName }) => `${describe(`${sense.definition} (${sense.name})`)}\n  as${typeName}: [${typeName}!]!`),
    ...[...needed.keys()].map((typeName) => `  ${survivorField(typeName)}: [${typeName}!]! @inaccessible`),
    ...survivorship
      .filter(({ sources }) => sources.length > 0)
      .map((field) => {
        const selections = Map.groupBy(field.sources, ({ sense }) => sense.typeName)
        const requires = [...selections]
          .map(([typeName, sources]) => `${survivorField(typeName)} { ${sources.map((source) => source.field).join(' ')} }`)
          .join(' ')
        const from = field.sources.map(({ sense, field: name }) => `${sense.sense.name}.${name}`).join(', ')
        // Composition demands that the field ask for whatever its sources ask for: who may not read one of them, reads none.
        const access = joinAccess(field.sources.flatMap(({ sense, type }) => [sense.access, type.access]))
        return `${describe(`${field.description ?? ''} The first present of ${from}.`.trim())}\n  ${field.name}: ${field.type} @requires(fields: "${requires}")${accessDirectives(access)}`
      }),
  ]
  return `${describe(concept.definition, '')}\ntype ${concept.name} @key(fields: "id") @authenticated {\n${lines.join('\n')}\n}`
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
  const lines = model.concepts.flatMap(({ concept, senses }) => {
    const one = senses.map((sense) => `${argumentName(sense.typeName)}: ${keyInputType(sense)}`).join(', ')
    const many = senses.map((sense) => `${argumentName(sense.typeName)}: [${keyInputType(sense)}!]`).join(', ')
    return [
      `${describe(`The ${concept.name} of an id, or of a record's key in one domain; exactly one of them is given.`)}\n  ${conceptField(concept.name)}(id: ID, ${one}, asOf: DateTime, knownAt: DateTime): ${concept.name} @authenticated`,
      `${describe(`Several of them in the order of the ids or keys; null where there is none. At most ${MAX_BATCH_KEYS}.`)}\n  ${conceptsField(concept.name)}(ids: [ID!], ${many}, asOf: DateTime, knownAt: DateTime): [${concept.name}]! @authenticated`,
    ]
  })
  return `type Query {\n${lines.join('\n')}\n${describe('What a word means: every concept and sense that it names.')}\n  term(name: String!): Term! @authenticated\n${describe('Every concept of the lexicon.')}\n  terms: [TermConcept!]! @authenticated\n${describe('For stewards: records known not to be one that links would join, with the links between them.')}\n  identityConflicts: [IdentityConflict!]! @requiresScopes(scopes: [["lexicon:steward"]])\n}`
}

/** Ids or keys that one batch field takes at most. */
export const MAX_BATCH_KEYS = 1_000

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

function describe(text: string, indent = '  '): string {
  return `${indent}${JSON.stringify(text.replaceAll(/\s+/gu, ' ').trim())}`
}
