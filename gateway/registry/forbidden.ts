import { GatewayError } from '@polyseme/kit/errors'

/** `read`: what happened; `inspect`: what was published, with its contracts, policies and addresses. */
export type RegistryAction = 'read' | 'inspect' | 'publish' | 'approve'

/** What somebody is told who may not do this: which right it takes. Without a domain it is about the whole graph. */
export function forbidden(action: RegistryAction, domain: string | undefined): GatewayError {
  const whom = domain === undefined ? 'the whole graph' : `the domain "${domain}"`
  if (action === 'inspect') return new GatewayError('FORBIDDEN', `you may not look into ${whom}: that takes the right to read its data, to publish or to approve`)
  const scope = domain === undefined ? `the scopes NAME:${action} of all its domains` : `the scope ${domain}:${action}`
  return new GatewayError('FORBIDDEN', `you may not ${action} ${action === 'approve' ? 'changes of ' : ''}${whom}: that takes ${scope}, where the mesh's policies say nothing else`)
}
