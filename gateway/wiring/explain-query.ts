import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AccessDatabase, AgreementStore, explainOperation, type AccessExplanation } from '../access/index.ts'
import { DEFAULT_OPERATION_LIMITS, OperationErrors, parseOperation, type ParsedOperation } from '../operation/index.ts'
import { composeSupergraph, type Supergraph } from '../supergraph/index.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { loadMesh, valueOf } from './load-mesh.ts'
import { ownDefinitions } from './own-definitions.ts'
import { configuredPolicyFolders, openPolicies } from './open-policies.ts'

/** A caller's query, and the files of the mesh that it would be asked of. */
export interface ExplainQuestion {
  readonly mesh: Pick<GatewayConfig, 'subgraphs' | 'lexiconDir' | 'policiesDir' | 'dataDir'> & Partial<Pick<GatewayConfig, 'governanceFile' | 'environment'>>
  /** Without an issuer it is of the mesh's people. */
  readonly principal: Omit<Principal, 'issuer'> & { readonly issuer?: string }
  readonly query: string
}

/** What the caller would get of the query, from the mesh's files alone: nothing has to run. About a second, for composing. */
export async function explainQuery({ mesh, principal, query }: ExplainQuestion): Promise<readonly AccessExplanation[]> {
  const { domains, lexicon, sharedTypes = [] } = await loadMesh(mesh)
  const supergraph = valueOf(composeSupergraph([...domains, ...ownDefinitions(lexicon, domains)], { sharedTypes }), 'COMPOSITION_FAILED', 'polyseme check')
  const operation = readQuery(query, supergraph)
  const accessFile = join(mesh.dataDir, ACCESS_FILE)
  using database = new AccessDatabase({ file: existsSync(accessFile) ? accessFile : ':memory:' })
  const agreements = new AgreementStore(database)
  using policies = await openPolicies(mesh, { domains, lexicon }, { agreements, domains: configuredPolicyFolders(mesh), report: () => undefined })
  const caller = { issuer: agreements.peopleIssuer() ?? 'unknown', ...principal }
  return explainOperation(operation, caller, supergraph, policies.decider(supergraph))
}

const FILES_ONLY = '(Read from the files of the mesh alone: of a domain that was published ask the running gateway, `{ access { explain(coordinates: ["Type.field"]) { coordinate decision because } } }`.)'

/** @throws GatewayError with the first finding: here a person reads one line, not a list */
function readQuery(query: string, supergraph: Supergraph): ParsedOperation {
  try {
    return parseOperation({ query, variables: undefined }, supergraph, DEFAULT_OPERATION_LIMITS)
  } catch (error) {
    if (!(error instanceof OperationErrors)) throw error
    const what = error.errors[0]?.message ?? 'the query cannot be read'
    throw new GatewayError(error.code, error.code === 'GRAPHQL_VALIDATION_FAILED' ? `${what} ${FILES_ONLY}` : what, { cause: error })
  }
}

/** Agreements, personal tokens and revocations, in the data directory. */
export const ACCESS_FILE = 'access.db'
