import { Kind, parse, print, visit } from 'graphql'

const NAMES = new Set(['authenticated', 'requiresScopes', 'policy'])
const SCALARS = new Set(['requiresScopes__Scope', 'policy__Policy'])
const URL = /^https:\/\/specs\.apollo\.dev\/(?:authenticated|requiresScopes|policy)\//

/**
 * A supergraph that says nothing of access, for routers that refuse one that does (the stock `@apollo/gateway`). Whoever runs it has to
 * keep callers away from what they may not see; the domains still apply row filters and masks from the signed call.
 */
export function withoutAccessDirectives(sdl: string): string {
  const document = parse(sdl, { noLocation: true })
  return print(visit(document, {
    Directive: (node) => {
      if (NAMES.has(node.name.value)) return null
      const url = node.name.value === 'link' ? node.arguments?.find(({ name }) => name.value === 'url')?.value : undefined
      return url?.kind === Kind.STRING && URL.test(url.value) ? null : undefined
    },
    DirectiveDefinition: (node) => NAMES.has(node.name.value) ? null : undefined,
    ScalarTypeDefinition: (node) => SCALARS.has(node.name.value) ? null : undefined,
  }))
}
