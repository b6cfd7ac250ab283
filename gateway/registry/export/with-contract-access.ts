import type { DataProduct } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { Kind, parse, parseConstValue, print, type ConstArgumentNode, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql'
import { directiveArgument, linkImports } from './directive-argument.ts'

/** The first version of federation that has `@requiresScopes` and `@authenticated`, and the one that is asked for in its place. */
const FIRST_WITH_ACCESS = 5
const FEDERATION = /^https:\/\/specs\.apollo\.dev\/federation\/v2\.(\d+)$/
const WANTED = 'https://specs.apollo.dev/federation/v2.9'

/**
 * What the contract over a foreign subgraph asks of its readers, as directives in the subgraph's text: this gateway reads it from the
 * contract, other routers only from there. What the subgraph asks itself holds as well.
 *
 * @throws CONFIG_INVALID a subgraph of a federation that has no such directives
 */
export function withContractAccess({ name, sdl, products }: { readonly name: string; readonly sdl: string; readonly products: readonly DataProduct[] }): string {
  const wanted = wantedScopes(products)
  if (wanted.size === 0) return sdl
  const document = parse(sdl, { noLocation: true })
  const names = directiveNames(document)
  if (names === undefined) throw new GatewayError('CONFIG_INVALID', `the contract of ${name} says who may read it, which a subgraph of Federation 1 cannot tell other routers; link https://specs.apollo.dev/federation/v2.5 or later in the schema of ${name}, and publish it again`)
  const protect = (own: readonly ConstDirectiveNode[], scopes: readonly string[]): readonly ConstDirectiveNode[] =>
    scopes.length === 0
      ? [...own.filter((directive) => directive.name.value !== names.authenticated), directiveOf(names.authenticated)]
      : [...own.filter((directive) => directive.name.value !== names.requiresScopes), requiresScopes(names.requiresScopes, own, scopes)]
  const seen = new Set<string>()
  const definitions = document.definitions.map((definition) => {
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) return { ...definition, directives: (definition.directives ?? []).map((directive) => withAccessImported(directive, names)) }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) return definition
    const type = wanted.get(definition.name.value)
    if (type === undefined) return definition
    const isFirst = !seen.has(definition.name.value)
    seen.add(definition.name.value)
    const fields = (definition.fields ?? []).map((field) => {
      const scopes = type.fields.get(field.name.value) ?? []
      return scopes.length === 0 ? field : { ...field, directives: protect(field.directives ?? [], scopes) }
    })
    return { ...definition, fields, ...(isFirst ? { directives: protect(definition.directives ?? [], type.scopes) } : {}) }
  })
  return print({ ...document, definitions })
}

interface WantedType {
  /** Any one of them; none: whoever is known. */
  readonly scopes: readonly string[]
  readonly fields: ReadonlyMap<string, readonly string[]>
}

function wantedScopes(products: readonly DataProduct[]): ReadonlyMap<string, WantedType> {
  return new Map(products.flatMap((product) => product.objects.map(({ typeName, properties }) =>
    [typeName, { scopes: product.readScopes, fields: new Map(properties.map(({ field, readScopes }) => [field, readScopes])) }] as const)))
}

interface AccessNames {
  readonly authenticated: string
  readonly requiresScopes: string
}

/** What the subgraph calls the two directives: as it imported them, or as it will. Undefined: it links no federation. */
function directiveNames(document: DocumentNode): AccessNames | undefined {
  const links = document.definitions.flatMap((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION ? definition.directives ?? [] : [])
  const link = links.find((directive) => versionOf(directive) !== undefined)
  if (link === undefined) return undefined
  const imported = linkImports(link)
  return { authenticated: (imported.get('@authenticated') ?? '@authenticated').slice(1), requiresScopes: (imported.get('@requiresScopes') ?? '@requiresScopes').slice(1) }
}

/** The link to federation with both directives imported, in a version that has them; any other directive as it is. */
function withAccessImported(link: ConstDirectiveNode, names: AccessNames): ConstDirectiveNode {
  const version = versionOf(link)
  if (version === undefined) return link
  const imported = linkImports(link)
  const missing = (['authenticated', 'requiresScopes'] as const).filter((name) => names[name] === name && !imported.has(`@${name}`))
  const others = (link.arguments ?? []).filter(({ name }) => name.value !== 'url' && name.value !== 'import')
  const present = link.arguments?.find(({ name }) => name.value === 'import')?.value
  return directiveOf('link',
    argument('url', { kind: Kind.STRING, value: version >= FIRST_WITH_ACCESS ? String(directiveArgument(link, 'url')) : WANTED }), ...others,
    argument('import', { kind: Kind.LIST, values: [...(present?.kind === Kind.LIST ? present.values : []), ...missing.map((name) => ({ kind: Kind.STRING, value: `@${name}` } as const))] }))
}

/** The minor version of federation that a directive links; undefined: it is another directive. */
function versionOf(directive: ConstDirectiveNode): number | undefined {
  const [, minor] = (directive.name.value === 'link' ? FEDERATION.exec(String(directiveArgument(directive, 'url'))) : null) ?? []
  return minor === undefined ? undefined : Number(minor)
}

/** Every alternative of what is there together with every one that is added: both have to hold. */
function requiresScopes(name: string, own: readonly ConstDirectiveNode[], scopes: readonly string[]): ConstDirectiveNode {
  const present = own.find((directive) => directive.name.value === name)
  const alternatives = present === undefined ? [[]] : directiveArgument(present, 'scopes') as readonly (readonly string[])[]
  const both = alternatives.flatMap((alternative) => scopes.map((scope) => [...new Set([...alternative, scope])]))
  return directiveOf(name, argument('scopes', parseConstValue(JSON.stringify(both), { noLocation: true })))
}

function directiveOf(name: string, ...args: readonly ConstArgumentNode[]): ConstDirectiveNode {
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: args }
}

function argument(name: string, value: ConstValueNode): ConstArgumentNode {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value }
}
