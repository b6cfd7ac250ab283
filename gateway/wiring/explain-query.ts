import type { Principal } from '@polyseme/kit/identity'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AccessDatabase, AgreementStore, explainOperation, type AccessExplanation } from '../access/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../operation/index.ts'
import { composeSupergraph } from '../supergraph/index.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { loadMesh, valueOf } from './load-mesh.ts'
import { ownDefinitions } from './own-definitions.ts'
import { configuredPolicyFolders, openPolicies } from './open-policies.ts'

/** A caller's query, and the files of the mesh that it would be asked of. */
export interface ExplainQuestion {
  readonly mesh: Pick<GatewayConfig, 'subgraphs' | 'lexiconDir' | 'policiesDir' | 'dataDir'>
  readonly principal: Principal
  readonly query: string
}

/** What the caller would get of the query, from the mesh's files alone: nothing has to run. About a second, for composing. */
export async function explainQuery({ mesh, principal, query }: ExplainQuestion): Promise<readonly AccessExplanation[]> {
  const { domains, lexicon } = await loadMesh(mesh)
  const supergraph = valueOf(composeSupergraph([...domains, ...ownDefinitions(lexicon, domains)]), 'COMPOSITION_FAILED', 'polyseme check')
  const operation = parseOperation({ query, variables: undefined }, supergraph, DEFAULT_OPERATION_LIMITS)
  const accessFile = join(mesh.dataDir, ACCESS_FILE)
  using database = new AccessDatabase({ file: existsSync(accessFile) ? accessFile : ':memory:' })
  using policies = await openPolicies(mesh, { domains, lexicon }, { agreements: new AgreementStore(database), domains: configuredPolicyFolders(mesh), report: () => undefined })
  return explainOperation(operation, principal, supergraph, policies.decider(supergraph))
}

/** Agreements, personal tokens and revocations, in the data directory. */
export const ACCESS_FILE = 'access.db'
