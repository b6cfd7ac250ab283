import type { Diagnostic } from '@polyseme/kit/errors'
import { join } from 'node:path'
import { LivePolicies, type AgreementStore, type LivePoliciesOptions } from '../access/index.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { Mesh } from './load-mesh.ts'
import type { PublishedPolicies } from './published-policies.ts'

export interface OpenPoliciesOptions {
  readonly agreements: AgreementStore
  /** Domains' folders: of the configuration, or of what was published. */
  readonly domains: PublishedPolicies['folders']
  readonly onVocabulary?: LivePoliciesOptions['onVocabulary']
  readonly report: (findings: readonly Diagnostic[]) => void
}

/** Folders of the policies of those domains that the configuration names. */
export function configuredPolicyFolders({ subgraphs }: Pick<GatewayConfig, 'subgraphs'>): Readonly<Record<string, string>> {
  return Object.fromEntries(subgraphs.flatMap(({ name, schema }) => schema.kind === 'contracts' ? [[name, join(schema.dir, 'policies')] as const] : []))
}

/** The policies of the mesh and of its domains, followed as their files change. @throws CONFIG_INVALID with every finding */
export async function openPolicies({ policiesDir, registry }: Pick<GatewayConfig, 'policiesDir' | 'registry'>, mesh: Mesh, { agreements, domains, report, onVocabulary }: OpenPoliciesOptions): Promise<LivePolicies> {
  return await LivePolicies.open({
    folders: { ...(policiesDir === undefined ? {} : { mesh: policiesDir }), domains },
    products: mesh.domains.flatMap(({ products }) => products),
    foreign: new Set(mesh.domains.filter(({ foreignNames }) => foreignNames !== undefined).map(({ name }) => name)),
    agreements,
    ...(onVocabulary === undefined ? {} : { onVocabulary }),
    report,
    // With a registry domains come and go without the mesh's policies: a name that is not there yet is no reason not to start.
    unknownNames: registry === undefined ? 'error' : 'warning',
  })
}
