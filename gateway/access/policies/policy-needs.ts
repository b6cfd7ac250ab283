import type { Principal } from '@polyseme/kit/identity'
import type { PolicyField, PolicyMesh } from './policy-mesh.ts'

/** Its id in the base policies. */
const AGREEMENT_POLICY = 'base#agreement-needed'

/** Which action was not allowed, and the policies that forbade it. */
export interface Refused {
  readonly action: string
  readonly policies: readonly string[]
}

/** What a caller would need for a field, in words. */
export function needsOf(field: PolicyField, { action, policies }: Refused, { principal, mesh }: { readonly principal: Principal; readonly mesh: PolicyMesh }): string {
  const product = mesh.products.get(field.product)
  if (policies.includes(AGREEMENT_POLICY)) return `an access agreement on ${field.product}: \`polyseme access request --product ${field.product} …\``
  if (policies.length > 0) return `a change of the ${policies.length === 1 ? 'policy' : 'policies'} ${policies.join(', ')}, which ${policies.length === 1 ? 'forbids' : 'forbid'} to ${action} it`
  const lacking = [product?.readScopes ?? [], field.readScopes].filter((scopes) => scopes.length > 0 && !scopes.some((scope) => principal.scopes.has(scope)))
  if (lacking.length > 0) return lacking.map((scopes) => `a token with ${scopes.join(' or ')}`).join(', and ')
  return `a policy of ${field.domain} that permits to ${action} ${field.classification} data`
}
