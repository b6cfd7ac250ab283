import type { Deployment } from './records.ts'
import type { RegistryStore } from './registry-store.ts'

/** The step that began the canary which runs now; undefined when there is none, when it was ended, and when it was promoted. */
export async function findRunningCanary(store: RegistryStore): Promise<Deployment | undefined> {
  const canary = await store.findLatestDeployment('canary')
  if (canary === undefined || canary.kind === 'canary-end') return undefined
  const promoted = await store.findLatestOfKind('promote')
  return promoted !== undefined && promoted.sequence > canary.sequence ? undefined : canary
}
