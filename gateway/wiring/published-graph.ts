import { GatewayError } from '@polyseme/kit/errors'
import { createHash } from 'node:crypto'
import { findRunningCanary, hashContents, subgraphDefinition, type Deployment, type DeploymentVerifier, type RegistryStore, type SubgraphArtifact, type SubgraphVersion } from '../registry/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'
import { readProducts } from './read-products.ts'

/** A step of the registry's history with everything that is needed to serve it; plain data, so that it can be kept in a file. */
export interface PublishedGraph {
  readonly deployment: Deployment
  /** Supergraph SDL, the crosswalk included. */
  readonly sdl: string
  readonly versions: readonly SubgraphVersion[]
}

/**
 * Reads the live graph. What is not signed by the registry is not served.
 *
 * @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT; undefined before the first publish
 */
export async function findPublishedGraph(store: RegistryStore, verifier: DeploymentVerifier): Promise<PublishedGraph | undefined> {
  const deployment = await store.findLatestDeployment('live')
  return deployment === undefined ? undefined : await readPublished(store, deployment, verifier)
}

/** What was live when a step was made. @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT; undefined before the first publish */
export async function findGraphBefore(sequence: number, store: RegistryStore, verifier: DeploymentVerifier): Promise<PublishedGraph | undefined> {
  const deployment = await store.findLatestDeployment('live', sequence)
  return deployment === undefined ? undefined : await readPublished(store, deployment, verifier)
}

async function readPublished(store: RegistryStore, deployment: Deployment, verifier: DeploymentVerifier): Promise<PublishedGraph> {
  const supergraph = await store.findSupergraph(deployment.supergraphId)
  const versions = await store.findMembers(deployment.members)
  if (supergraph === undefined || Object.keys(deployment.members).some((subgraph) => !versions.has(subgraph))) throw new GatewayError('REGISTRY_CORRUPT', `step ${deployment.sequence} is not whole`)
  const graph: PublishedGraph = { deployment, sdl: supergraph.sdl, versions: [...versions.values()] }
  await assertSigned(graph, verifier)
  return graph
}

/** The canary that runs; undefined when there is none, when it was ended and when it was promoted. @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT */
export async function findPublishedCanary(store: RegistryStore, verifier: DeploymentVerifier): Promise<PublishedGraph | undefined> {
  const canary = await findRunningCanary(store)
  return canary === undefined ? undefined : await readPublished(store, canary, verifier)
}

/** The step's signature holds, and the graph and its members are those that it names by their hashes. @throws REGISTRY_CORRUPT */
export async function assertSigned({ deployment, sdl, versions }: PublishedGraph, verifier: DeploymentVerifier): Promise<void> {
  const { sequence, supergraphId, contents } = deployment
  if (createHash('sha256').update(sdl).digest('hex') !== supergraphId) throw new GatewayError('REGISTRY_CORRUPT', `the graph of step ${sequence} is not the one that was signed`)
  if (!verifier.verify(deployment)) throw new GatewayError('REGISTRY_CORRUPT', `step ${sequence} is not signed by this mesh's key`)
  if (contents === undefined) return
  const found = await hashContents(versions)
  const exchanged = versions.find(({ subgraph }) => found[subgraph] !== contents[subgraph])
  if (exchanged !== undefined) throw new GatewayError('REGISTRY_CORRUPT', `version ${exchanged.version} of subgraph ${exchanged.subgraph} is not the one that was signed`)
}

/** The published subgraphs as composition and serving take them. */
export function definitionsOf(artifacts: readonly SubgraphArtifact[]): readonly SubgraphDefinition[] {
  return artifacts.map((artifact) => {
    const products = readProducts(artifact)
    return subgraphDefinition(artifact, products.kind === 'ok' ? products.value : [])
  })
}
