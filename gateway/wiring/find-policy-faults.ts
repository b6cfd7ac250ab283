import type { Diagnostic } from '@polyseme/kit/errors'
import { buildPolicyMesh, compilePolicies, loadPolicySources, type PolicyFile } from '../access/index.ts'
import type { SubgraphArtifact } from '../registry/index.ts'
import { giveWay } from '../supergraph/index.ts'
import { readProducts } from './read-products.ts'

/** Findings in the artefact's own policies, compiled together with the mesh's and every other domain's: an id is taken once. */
export async function findPolicyFaults(artifact: SubgraphArtifact, others: readonly SubgraphArtifact[], policiesDir: string | undefined): Promise<readonly Diagnostic[]> {
  // A foreign subgraph may come under the mesh's row filters, which it cannot apply.
  if (artifact.policies.length === 0 && artifact.naming === 'contract') return []
  const mesh = await loadPolicySources({ ...(policiesDir === undefined ? {} : { mesh: policiesDir }), domains: {} })
  const products = [artifact, ...others].flatMap((one) => {
    const read = readProducts(one)
    return read.kind === 'ok' ? read.value : []
  })
  const foreignDomains = new Set([artifact, ...others].filter(({ naming }) => naming !== 'contract').map(({ subgraph }) => subgraph))
  const own = artifact.policies.map(({ path, text }): PolicyFile => ({ path, text, domain: artifact.subgraph }))
  const foreign = others.flatMap(({ subgraph, policies }) => policies.map(({ path, text }): PolicyFile => ({ path: `${subgraph}/${path}`, text, domain: subgraph })))
  // Of a subgraph without policies one thing is said alone: that the mesh's row filters cannot hold for it.
  if (own.length === 0 && ![...mesh.files, ...foreign].some(({ text }) => text.includes('@rows'))) return []
  const known = buildPolicyMesh(products, mesh.vocabulary, foreignDomains)
  // Compiling takes some tens of milliseconds; what came before and what comes after are no reason to wait longer.
  await giveWay()
  const result = compilePolicies([...mesh.files, ...foreign, ...own], known)
  await giveWay()
  const findings = result.kind === 'ok' ? result.warnings : result.diagnostics
  const paths = new Set(own.map(({ path }) => path))
  // Others' policies are not the publisher's to mend, and a finding without a place is about all of them together.
  return findings.filter(({ position, rule }) => position === undefined || paths.has(position.file) || rule === 'policy-rows-foreign')
}
