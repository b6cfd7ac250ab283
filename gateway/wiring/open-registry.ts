import { assertNever, GatewayError, type Result } from '@polyseme/kit/errors'
import type { SigningKey } from '@polyseme/kit/identity'
import { checkAgainstContracts, findClassificationGaps, findPolysemes, type Lexicon } from '@polyseme/kit/lexicon'
import { readFile } from 'node:fs/promises'
import {
  composeOffThread, createDeploymentSigner, DEFAULT_GOVERNANCE, openStore, readDomainArtifact, Registry, RegistryService, rememberCompositions,
  type CheckEnvironment, type ComposeGraph, type MeshGovernance, type DeploymentVerifier, type OperationUsage, type StepNotice, type RegistryStore, type SubgraphArtifact,
} from '../registry/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import type { GatewayConfig, RegistryConfig, SubgraphConfig } from './gateway-config.ts'
import { ownDefinitions } from './own-definitions.ts'
import { findPolicyFaults } from './find-policy-faults.ts'
import { createSubgraphProbe } from './probe-subgraph.ts'
import { definitionsOf } from './published-graph.ts'
import { readProducts } from './read-products.ts'

export interface OpenRegistryOptions {
  readonly registry: RegistryConfig
  readonly subgraphs: GatewayConfig['subgraphs']
  readonly lexicon: Lexicon | undefined
  readonly signingKey: SigningKey
  /** The mesh's own policies. */
  readonly policiesDir?: string
  /** Hosts of subgraphs that may have any address. */
  readonly allowedHosts?: readonly string[]
  /** The mesh's rules as they are now; absent: the default ones. */
  readonly governance?: () => MeshGovernance
  /** Told of each step of the graph. */
  readonly onStep?: (notice: StepNotice) => void
  /** Operations that consumers ran in the last days. */
  readonly readUsage: (days: number) => Promise<readonly OperationUsage[]>
}

/** The registry of this mesh, with the subgraphs of the configuration published into it. */
export interface OpenRegistry {
  readonly store: RegistryStore
  readonly service: RegistryService
  readonly verifier: DeploymentVerifier
}

/** @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT · CONTRACT_INVALID · COMPOSITION_FAILED */
export async function openRegistry(options: OpenRegistryOptions): Promise<OpenRegistry> {
  const { lexicon, signingKey } = options
  const store = await openStore(options.registry)
  const signer = createDeploymentSigner(signingKey.privateJwk)
  const now = (): Date => new Date()
  const withCrosswalk = (domains: readonly SubgraphDefinition[]): readonly SubgraphDefinition[] => [...domains, ...ownDefinitions(lexicon, domains)]
  const governance = options.governance ?? ((): MeshGovernance => ({ policy: DEFAULT_GOVERNANCE }))
  const remembered = rememberCompositions((task) => composeOffThread(task))
  const compose: ComposeGraph = async (task) => await remembered({ ...task, options: { sharedTypes: governance().sharedTypes ?? [] } })
  const registry = new Registry({
    store, signer, now,
    compose: async (versions) => await compose({ subgraphs: withCrosswalk(definitionsOf(versions)).map(withoutProducts), options: {} }),
  })
  const environment: CheckEnvironment = {
    store, now, readProducts,
    compose: async (task) => await compose({
      ...task, subgraphs: task.subgraphs.map(withoutProducts),
      ...(task.compareWith === undefined ? {} : { compareWith: { ...task.compareWith, subgraphs: task.compareWith.subgraphs.map(withoutProducts) } }),
    }),
    readUsage: options.readUsage,
    findMeaningFaults: (products) => lexicon === undefined ? [] : [...checkAgainstContracts(lexicon, products), ...findPolysemes(products, lexicon), ...findClassificationGaps(products, lexicon)],
    findPolicyFaults: async (artifact, others) => await findPolicyFaults(artifact, others, options.policiesDir),
    ownSubgraphs: (domains) => ownDefinitions(lexicon, domains),
    artifactRules: { allowedHosts: options.allowedHosts ?? [] },
    probe: createSubgraphProbe({ signingKey, allowedHosts: options.allowedHosts ?? [] }),
    governance,
  }
  try {
    await publishConfigured(registry, options.subgraphs)
  } catch (error) {
    await store.close()
    throw error
  }
  return { store, service: new RegistryService(registry, environment, options.onStep), verifier: signer }
}

/** The worker composes SDL; contracts need not cross the threads. */
function withoutProducts(definition: SubgraphDefinition): SubgraphDefinition {
  return { ...definition, products: [] }
}

async function publishConfigured(registry: Registry, subgraphs: readonly SubgraphConfig[]): Promise<void> {
  if (subgraphs.length === 0) return
  const outcome = await registry.publishAll(await Promise.all(subgraphs.map(readArtifact)), { actor: 'configuration', reason: 'as configured at start' })
  if (outcome.kind !== 'refused') return
  throw new GatewayError('COMPOSITION_FAILED', firstFinding(outcome))
}

function firstFinding({ diagnostics }: Extract<Result<never>, { kind: 'invalid' }> | { readonly diagnostics: readonly { readonly what: string }[] }): string {
  return `${diagnostics[0]?.what ?? 'the subgraphs do not compose'}${diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''}`
}

async function readArtifact({ name, url, schema }: SubgraphConfig): Promise<SubgraphArtifact> {
  switch (schema.kind) {
    case 'contracts': return await readDomainArtifact(schema.dir, { url, domain: name })
    case 'sdl': return { subgraph: name, url, sdl: await readFile(schema.file, 'utf8'), naming: 'verbatim', contracts: [], policies: [] }
    default: return assertNever(schema)
  }
}
