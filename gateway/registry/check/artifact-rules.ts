import type { Diagnostic } from '@polyseme/kit/errors'
import { GraphQLError, Kind, parse, visit, type DocumentNode } from 'graphql'
import { isRefusedAddress } from '../../supergraph/index.ts'
import type { GraphChange } from '../changes/index.ts'
import type { SubgraphArtifact } from '../records.ts'
import { isReservedDomain } from '../reserved-domains.ts'

/** Bounds of what a domain may hand over. */
const MAX_SDL_BYTES = 4 * 1024 * 1024
const MAX_DEFINITIONS = 10_000
const DOMAIN_NAME = /^[a-z][a-z0-9-]{0,62}$/
/** Control, formatting and direction-changing characters; tab, line feed and carriage return are how text is laid out. */
const HIDDEN_CHARACTERS = /(?![\t\n\r])[\p{Cc}\p{Cf}]/u

/** Host names under which clouds serve credentials to whoever asks from inside. */
const METADATA_HOSTS = new Set(['metadata.google.internal', 'metadata', 'metadata.azure.internal'])

export interface ArtifactRuleOptions {
  /** Hosts that may be addressed although they lie in a refused range. */
  readonly allowedHosts?: readonly string[]
}

/** What is wrong with an artefact by itself, before anything is composed (R05, R06, R12, F18). */
export function findArtifactFaults(artifact: SubgraphArtifact, options: ArtifactRuleOptions = {}): readonly Diagnostic[] {
  return [
    ...(DOMAIN_NAME.test(artifact.subgraph) ? [] : [fault('artifact-name', 'the domain name is not made of lower-case letters, digits and hyphens', 'choose a name such as `sales`')]),
    ...(isReservedDomain(artifact.subgraph) ? [fault('reserved-name', `the domain name "${artifact.subgraph}" is reserved: it is the gateway's own`, 'choose another name for the domain')] : []),
    ...findUrlFaults(artifact.url, options),
    ...judgeText(artifact),
    ...judgeSdl(artifact),
  ]
}

export const FIELD_TAKEN_OVER = 'field-taken-over'

/** Fields that the artefact takes over from another domain; each needs that domain's consent, given as its approval (R02). */
export function findOverrides(artifact: SubgraphArtifact): readonly GraphChange[] {
  return overridesOf(artifact).map(({ coordinate, from }) => ({
    kind: FIELD_TAKEN_OVER, severity: 'dangerous', weakensProtection: true, coordinate,
    message: `${coordinate} is taken over from the domain "${from}"`, how: `have somebody who may approve for "${from}" accept it`,
  }))
}

/** Domains from which the artefact takes over something. */
export function findOverriddenDomains(artifact: SubgraphArtifact): readonly string[] {
  return [...new Set(overridesOf(artifact).map(({ from }) => from))].toSorted()
}

function overridesOf({ sdl, subgraph }: SubgraphArtifact): readonly { readonly coordinate: string; readonly from: string }[] {
  const document = parseSdl(sdl)
  const names = overrideNames(document)
  const objects = document.definitions.filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION)
  return objects.flatMap((definition) => (definition.fields ?? []).flatMap((field) => (field.directives ?? []).flatMap((directive) => {
    const from = names.has(directive.name.value) ? directive.arguments?.find(({ name }) => name.value === 'from')?.value : undefined
    return from?.kind !== Kind.STRING || from.value === subgraph ? [] : [{ coordinate: `${definition.name.value}.${field.name.value}`, from: from.value }]
  })))
}

/** What `@override` is called in this text: a namespace or an import may give it another name. */
function overrideNames(document: DocumentNode): ReadonlySet<string> {
  const names = new Set(['override', 'federation__override'])
  const links = document.definitions
    .flatMap((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION ? definition.directives ?? [] : [])
  for (const argument of links.flatMap(({ arguments: given }) => given ?? [])) {
    if (argument.name.value === 'as' && argument.value.kind === Kind.STRING) names.add(`${argument.value.value}__override`)
    if (argument.name.value !== 'import' || argument.value.kind !== Kind.LIST) continue
    for (const item of argument.value.values) {
      if (item.kind !== Kind.OBJECT) continue
      const texts = Object.fromEntries(item.fields.map(({ name, value }) => [name.value, value.kind === Kind.STRING ? value.value : '']))
      if (texts['name'] === '@override' && texts['as'] !== undefined) names.add(texts['as'].replace(/^@/, ''))
    }
  }
  return names
}

/**
 * Why an address may not be one of a subgraph (R06, F18). `URL` has already brought odd spellings (octal, one number) into the usual form;
 * where a name leads is judged when it is connected to.
 */
export function findUrlFaults(text: string, { allowedHosts = [] }: ArtifactRuleOptions = {}): readonly Diagnostic[] {
  const url = URL.parse(text)
  if (url === null) return [fault('routing-url', 'the routing URL is not a URL', 'give the address at which the subgraph answers, for example https://sales.example.com/graphql')]
  if (allowedHosts.includes(url.hostname)) return []
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return [fault('routing-url', `the routing URL uses ${url.protocol}`, 'use https: (or http: inside one machine)')]
  if (url.username !== '' || url.password !== '') return [fault('routing-url', 'the routing URL carries a user name or password', 'leave it out; the gateway signs its calls')]
  if (METADATA_HOSTS.has(url.hostname) || isRefusedAddress(url.hostname.replace(/^\[|\]$/g, ''))) return [fault('routing-url', 'the routing URL leads to a link-local or metadata address', 'give the subgraph an address of its own, or have the host allow-listed')]
  return []
}

function judgeText(artifact: SubgraphArtifact): Diagnostic[] {
  const texts = [artifact.sdl, artifact.url, ...[...artifact.contracts, ...artifact.policies].flatMap(({ path, text }) => [path, text])]
  const hidden = texts.some((text) => HIDDEN_CHARACTERS.test(text))
  const paths = [...artifact.contracts, ...artifact.policies].filter(({ path }) => path.startsWith('/') || path.split(/[\\/]/).includes('..'))
  return [
    ...(hidden ? [fault('hidden-characters', 'the text holds control or direction-changing characters', 'remove them: they make a name look like another')] : []),
    ...(paths.length > 0 ? [fault('file-path', 'a file stands outside the domain\'s folder', 'name files relative to the folder')] : []),
  ]
}

function judgeSdl({ subgraph, sdl }: SubgraphArtifact): Diagnostic[] {
  if (Buffer.byteLength(sdl) > MAX_SDL_BYTES) return [fault('sdl-size', `the schema is larger than ${MAX_SDL_BYTES} bytes`, 'split the domain, or publish fewer types')]
  let document: DocumentNode
  try {
    document = parseSdl(sdl)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [place] = error.locations ?? []
    return [{ ...fault('sdl-syntax', error.message, 'correct the GraphQL text at this place'), ...(place === undefined ? {} : { position: { file: `${subgraph}.graphql`, ...place } }) }]
  }
  if (document.definitions.length > MAX_DEFINITIONS) return [fault('sdl-size', `the schema has ${document.definitions.length} definitions; ${MAX_DEFINITIONS} are allowed`, 'split the domain, or publish fewer types')]
  const reserved = new Set<string>()
  visit(document, { Name: ({ value }, _key, parent) => { if (isDefinition(parent) && value.startsWith('__')) reserved.add(value) } })
  return [...reserved].map((name) => fault('reserved-name', `the name "${name}" begins with two underscores`, 'such names belong to introspection; choose another'))
}

function isDefinition(parent: unknown): boolean {
  return typeof parent === 'object' && parent !== null && 'kind' in parent && typeof parent.kind === 'string' && parent.kind.endsWith('Definition')
}

/** @throws GraphQLError */
function parseSdl(sdl: string): DocumentNode {
  return parse(sdl, { noLocation: true, maxLexicalTokens: 1_000_000 })
}

function fault(rule: string, what: string, how: string): Diagnostic {
  return { rule, severity: 'error', what, how }
}
