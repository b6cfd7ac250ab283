import type { Diagnostic } from '@polyseme/kit/errors'
import { join } from 'node:path'
import { LivePolicies, type AgreementStore } from '../access/index.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { Mesh } from './load-mesh.ts'

export interface OpenPoliciesOptions {
  readonly agreements: AgreementStore
  readonly report: (findings: readonly Diagnostic[]) => void
}

/** The policies of the mesh and of its domains, followed as their files change. @throws CONFIG_INVALID with every finding */
export async function openPolicies({ policiesDir, subgraphs, registry }: Pick<GatewayConfig, 'policiesDir' | 'subgraphs' | 'registry'>, mesh: Mesh, { agreements, report }: OpenPoliciesOptions): Promise<LivePolicies> {
  const domains = subgraphs.flatMap(({ name, schema }) => schema.kind === 'contracts' ? [[name, join(schema.dir, 'policies')]] : [])
  return await LivePolicies.open({
    folders: { ...(policiesDir === undefined ? {} : { mesh: policiesDir }), domains: Object.fromEntries(domains) as Record<string, string> },
    products: mesh.domains.flatMap(({ products }) => products),
    agreements,
    report,
    // With a registry domains come and go without the mesh's policies: a name that is not there yet is no reason not to start.
    unknownNames: registry === undefined ? 'error' : 'warning',
  })
}
