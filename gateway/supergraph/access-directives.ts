import type { CoreFeatures } from '@apollo/federation-internals'

/** The three federation directives that protect a coordinate, by their names in the specification. */
export const ACCESS_DIRECTIVES = ['authenticated', 'requiresScopes', 'policy'] as const

export type AccessDirective = (typeof ACCESS_DIRECTIVES)[number]

/** Name of the argument that carries the requirement; `@authenticated` has none. */
export const REQUIREMENT_ARGUMENT = { authenticated: undefined, requiresScopes: 'scopes', policy: 'policies' } as const satisfies Record<AccessDirective, string | undefined>

/**
 * What each access directive is called in a composed schema, renamed imports (`@link(… as: …)`) resolved.
 *
 * A directive that the supergraph does not link is absent.
 */
export function accessDirectiveNames(features: CoreFeatures): ReadonlyMap<AccessDirective, string> {
  const names = new Map<AccessDirective, string>()
  for (const directive of ACCESS_DIRECTIVES) {
    const feature = features.getByIdentity(`https://specs.apollo.dev/${directive}`)
    if (feature !== undefined) names.set(directive, feature.directiveNameInSchema(directive))
  }
  return names
}
