import { Kind, parse, print, visit, type DirectiveNode, type DocumentNode } from 'graphql'
import { directiveArgument, linkImports } from './directive-argument.ts'

const SCALARS = new Set(['requiresScopes__Scope', 'policy__Policy'])
const ACCESS = /^https:\/\/specs\.apollo\.dev\/(authenticated|requiresScopes|policy)\//

/**
 * A supergraph that says nothing of access, for routers that refuse one that does (the stock `@apollo/gateway`). Whoever runs it has to
 * keep callers away from what they may not see; the domains still apply row filters and masks from the signed call.
 */
export function withoutAccessDirectives(sdl: string): string {
  const document = parse(sdl, { noLocation: true })
  const names = accessNames(document)
  return print(visit(document, {
    Directive: (node) => names.has(node.name.value) || accessLinked(node) !== undefined ? null : undefined,
    DirectiveDefinition: (node) => names.has(node.name.value) ? null : undefined,
    ScalarTypeDefinition: (node) => SCALARS.has(node.name.value) ? null : undefined,
  }))
}

/** What the graph calls the directives of access: a subgraph may have imported them under other names. */
function accessNames(document: DocumentNode): ReadonlySet<string> {
  const links = document.definitions.flatMap((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION ? definition.directives ?? [] : [])
  return new Set(links.flatMap((link) => {
    const name = accessLinked(link)
    return name === undefined ? [] : [(linkImports(link).get(`@${name}`) ?? `@${name}`).slice(1)]
  }))
}

/** Which of the directives a `@link` is about. */
function accessLinked(link: DirectiveNode): string | undefined {
  return link.name.value === 'link' ? ACCESS.exec(String(directiveArgument(link, 'url')))?.[1] : undefined
}
