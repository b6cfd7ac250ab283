import { Document, isMap, isPair, isSeq, type YAMLMap } from 'yaml'
import type { DataProfile, ProfiledServer, TableProfile } from './data-profile.ts'
import { findOtherKeys, inferKey, type InferredKey } from './infer-keys.ts'
import { inferProperty, type DraftedProperty } from './infer-property.ts'
import { foreignKeysOf } from './infer-references.ts'
import { toCamelCase, toKebabCase, toPascalCase, toSingular } from './names.ts'
import type { OdcsContract } from './odcs.ts'
import type { OdcsProperty, OdcsRelationship, OdcsSchemaObject } from './odcs-schema.ts'
import type { OdcsServer } from './odcs-server.ts'

export interface InferOptions {
  readonly domain: string
  /** Name of the product. Default: the table's, or the domain's for several tables. */
  readonly name?: string
}

/** A drafted contract: the text to put into a file, and how many places in it say REVIEW. */
export interface DraftedContract {
  readonly text: string
  readonly reviews: number
}

/**
 * Drafts a contract from what was seen of data: types, keys, value lists, relations, likely personal data.
 *
 * Whatever was guessed and not declared by the database bears a comment `REVIEW`. Examples never show personal data.
 * The text is a valid contract as it is.
 */
export function inferContract(profile: DataProfile, options: InferOptions): DraftedContract {
  const reviews: Review[] = []
  const names = nameObjects(profile.tables, options.domain)
  const schema = profile.tables.map((table, index) =>
    draftObject(table, { profile, names, position: index + 1, review: (path, text) => reviews.push({ path: ['schema', index, ...path], text }) }),
  )
  const [first] = profile.tables
  const name = toKebabCase(options.name ?? (profile.tables.length === 1 ? (first?.name ?? '') : options.domain)) ?? 'product'
  const domain = toKebabCase(options.domain) ?? 'default'
  const contract: OdcsContract = {
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: `${domain}-${name}`,
    name,
    version: '0.1.0',
    status: 'draft',
    domain,
    description: { purpose: 'Drafted from the data; say here what it is for, how to use it and what it is not.' },
    servers: [draftServer(profile.server)],
    schema,
    team: { name: `${domain} team` },
    roles: [{ role: `${domain}:read`, access: 'read' }],
  }
  reviews.push({ path: ['description'], text: 'what the product is for' })
  if (profile.server.kind === 'files') reviews.push({ path: ['servers', 0], text: 'the path counts from the data directory' })
  reviews.push(
    { path: ['team'], text: 'who owns it: add `members` with a `role: owner`' },
    { path: ['roles'], text: 'the scopes of which any one opens the product for reading' },
  )
  return { text: printContract(contract, reviews), reviews: reviews.length }
}

interface Review {
  readonly path: readonly (string | number)[]
  readonly text: string
}

interface Drafting {
  readonly profile: DataProfile
  /** Object names by table. */
  readonly names: ReadonlyMap<string, string>
  /** Of the table among the tables, from 1. */
  readonly position: number
  readonly review: (path: readonly (string | number)[], text: string) => void
}

function draftServer(server: ProfiledServer): OdcsServer {
  switch (server.kind) {
    case 'files':
      return { server: 'local', type: 'local', path: server.path, format: server.format }
    case 'postgres':
      return {
        server: 'postgres',
        type: 'postgres',
        host: server.host,
        port: server.port,
        database: server.database,
        schema: server.schema,
      }
  }
}

function draftObject(table: TableProfile, drafting: Drafting): OdcsSchemaObject {
  const { profile, names, position, review } = drafting
  const name = names.get(table.name) ?? table.name
  const key = inferKey(table)
  const others = findOtherKeys(table, key)
  const properties = table.columns.map((column, index) => {
    const addReview = (text: string): void => review(['properties', index], text)
    const drafted = inferProperty(column, table)
    drafted.review.forEach(addReview)
    const other = others.find((one) => one.column === column.name)
    if (other?.evidence === 'observed')
      addReview(`unique because each of ${column.rows}${table.sampled ? ' sampled' : ''} rows has its own`)
    const graphName = toCamelCase(column.name) === undefined ? freeName('column', index + 1, table.columns.map((one) => toCamelCase(one.name))) : undefined
    if (graphName !== undefined) addReview(nameless(column.name))
    return withKeys(graphName === undefined ? drafted : { ...drafted, property: { ...drafted.property, ...named(graphName) } }, {
      key,
      isUnique: other !== undefined,
      relationships: draftReferences(table, column.name, drafting, addReview),
    })
  })
  const graphName = toPascalCase(name) === undefined ? freeName('Table', position, [...names.values()]) : undefined
  if (graphName !== undefined) review([], nameless(name))
  const bySample = table.sampled ? ' (by a sample)' : ''
  if (key === undefined) review([], "no column or pair of columns is every row's own; name the primary key, or rows can't be looked up")
  else if (key.evidence === 'observed')
    review([], `the primary key is a guess: each of ${table.rows} rows${bySample} has its own ${key.columns.join(' and ')}`)
  const composite = foreignKeysOf(table, profile).filter(({ columns }) => columns.length > 1)
  return {
    name,
    physicalName: table.name,
    physicalType: profile.server.kind === 'files' ? 'file' : 'table',
    ...(table.comment === undefined ? {} : { description: table.comment }),
    ...(graphName === undefined ? {} : named(graphName)),
    quality: [{ metric: 'rowCount', mustBeGreaterThan: 0, dimension: 'completeness', description: 'An empty table is a failed load.' }],
    properties,
    ...(composite.length === 0
      ? {}
      : {
          relationships: composite.map(({ columns, table: target, references }) => ({
            type: 'foreignKey',
            from: columns.map((column) => `${name}.${column}`),
            to: references.map((column) => `${names.get(target) ?? target}.${column}`),
          })),
        }),
  }
}

/** `column3` for the third, or what is free beside the names that there are. */
function freeName(word: string, position: number, taken: readonly (string | undefined)[]): string {
  const name = `${word}${position}`
  return taken.includes(name) ? freeName(`${word}_`, position, taken) : name
}

function nameless(name: string): string {
  return `no name for the graph can be made of ${name}; choose one for \`graphqlName\``
}

function named(graphqlName: string): Pick<OdcsProperty, 'customProperties'> {
  return { customProperties: [{ property: 'graphqlName', value: graphqlName }] }
}

function withKeys(
  { property }: DraftedProperty,
  { key, isUnique, relationships }: { key: InferredKey | undefined; isUnique: boolean; relationships: readonly OdcsRelationship[] },
): OdcsProperty {
  const position = key?.columns.indexOf(property.name) ?? -1
  const { required, classification, tags, description, examples, quality, customProperties, ...type } = property
  return {
    ...type,
    ...(position === -1 ? {} : { primaryKey: true, primaryKeyPosition: position + 1 }),
    ...(required === true || position !== -1 ? { required: true } : {}),
    ...(isUnique ? { unique: true } : {}),
    ...(classification === undefined ? {} : { classification }),
    ...(tags === undefined ? {} : { tags }),
    ...(description === undefined ? {} : { description }),
    ...(examples === undefined ? {} : { examples }),
    ...(relationships.length === 0 ? {} : { relationships }),
    ...(customProperties === undefined ? {} : { customProperties }),
    ...(quality === undefined ? {} : { quality }),
  }
}

function draftReferences(
  table: TableProfile,
  column: string,
  { profile, names }: Drafting,
  addReview: (text: string) => void,
): readonly OdcsRelationship[] {
  return foreignKeysOf(table, profile).flatMap(({ columns, table: target, references, evidence }) => {
    const [reference] = references
    if (columns.length !== 1 || columns[0] !== column || reference === undefined) return []
    if (evidence === 'observed') addReview(`refers to ${target} because every value of it is found there`)
    return [{ type: 'foreignKey', to: `${names.get(target) ?? target}.${reference}` }]
  })
}

/**
 * `sales_customer` in the domain sales is a `Customer`: the domain's name comes before it in the graph anyway.
 *
 * A name without Latin letters stays; `graphqlName` says what it is called in the graph.
 */
function nameObjects(tables: readonly TableProfile[], domain: string): ReadonlyMap<string, string> {
  const prefix = toPascalCase(domain) ?? ''
  const nameOf = (table: TableProfile): string => toSingular(toPascalCase(table.name) ?? table.name)
  const taken = new Set(tables.map(nameOf))
  return new Map(
    tables.map((table) => {
      const name = nameOf(table)
      const short = name.slice(prefix.length)
      const isPrefixed = prefix !== '' && name.startsWith(prefix) && /^[A-Z]/.test(short) && !taken.has(short)
      return [table.name, isPrefixed ? short : name]
    }),
  )
}

function printContract(contract: OdcsContract, reviews: readonly Review[]): string {
  const document = new Document(contract)
  document.commentBefore = ' A draft. Look at every line that says REVIEW, then run `polyseme contract check` on the file.'
  for (const { path, text } of reviews) addComment(document, path, ` REVIEW: ${text.replaceAll('\n', ' ')}`)
  for (const list of ['examples', 'tags', 'validValues']) writeOnOneLine(document.contents, list)
  return document.toString({ lineWidth: 0 })
}

/** Comments stand before the first key of a record, or before the key of a value. */
function addComment(document: Document, path: readonly (string | number)[], text: string): void {
  const last = path.at(-1)
  const node: unknown = typeof last === 'string' ? document.getIn(path.slice(0, -1), true) : document.getIn(path, true)
  if (!isMap(node)) return
  const pair =
    typeof last === 'string'
      ? (node as YAMLMap<{ value: unknown; commentBefore?: string | null }>).items.find(({ key }) => key.value === last)
      : undefined
  const target = (pair?.key ?? node) as { commentBefore?: string | null }
  target.commentBefore = typeof target.commentBefore !== 'string' ? text : `${target.commentBefore}\n${text}`
}

/** Lists of values read better in one line. */
function writeOnOneLine(node: unknown, key: string): void {
  if (isSeq(node)) for (const item of node.items) writeOnOneLine(item, key)
  if (!isMap(node)) return
  for (const pair of node.items) {
    if (!isPair(pair)) continue
    const { value } = pair
    if (isSeq(value) && String(pair.key) === key) value.flow = true
    else writeOnOneLine(value, key)
  }
}
