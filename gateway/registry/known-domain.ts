import { findNearestName, GatewayError } from '@polyseme/kit/errors'
import type { RegistryStore } from './registry-store.ts'

/** @throws NOT_FOUND for a domain that was never published, with the one that may be meant */
export async function assertKnownDomain(store: RegistryStore, subgraph: string): Promise<void> {
  if (await store.findLatestSubgraphVersion(subgraph) !== undefined) return
  const live = await store.findLatestDeployment('live')
  const nearest = findNearestName(subgraph, Object.keys(live?.members ?? {}))
  throw new GatewayError('NOT_FOUND', `the registry has no domain "${subgraph}"${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
}
