/** How the names of a subgraph stand in the graph: as it has them, or qualified with its domain by the gateway. */
export type Naming = 'contract' | 'verbatim' | 'qualified'

/** A file that was published with a subgraph, as text. */
export interface PublishedFile {
  /** Relative to the domain's folder. */
  readonly path: string
  readonly text: string
}

/** What a domain hands over when it publishes. */
export interface SubgraphArtifact {
  /** Domain name; one subgraph a domain. */
  readonly subgraph: string
  readonly sdl: string
  readonly url: string
  readonly naming: Naming
  readonly contracts: readonly PublishedFile[]
  readonly policies: readonly PublishedFile[]
}

/** One published state of a subgraph; never changed, never deleted. */
export interface SubgraphVersion extends SubgraphArtifact {
  /** Counts from 1 for each subgraph. */
  readonly version: number
  /** SHA-256 of the artefact's content, hex: equal content has equal hash. */
  readonly hash: string
  readonly publishedBy: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
  readonly message: string
}

/** A composed graph, stored once however often it is deployed. */
export interface SupergraphRecord {
  /** SHA-256 of the SDL, hex. */
  readonly id: string
  readonly sdl: string
  readonly createdAt: string
}

export type DeploymentKind = 'publish' | 'rollback' | 'retire' | 'canary' | 'canary-end' | 'promote'

/** Subgraph name → version: what a supergraph was composed of. */
export type Members = Readonly<Record<string, number>>

/**
 * One step of the graph's history. The one with the highest sequence on its channel is what gateways serve.
 * Signed by the registry, so that a gateway takes over only what the registry decided, and never an older step.
 */
export interface Deployment {
  /** Counts from 1 over all channels, without gaps. */
  readonly sequence: number
  readonly channel: 'live' | 'canary'
  readonly kind: DeploymentKind
  /** The subgraph that the step is about; absent for a rollback of the whole graph. */
  readonly subgraph?: string
  readonly supergraphId: string
  readonly members: Members
  /** Hash of each member's content (`SubgraphVersion.hash`), so that the signature is one of contracts and policies too; steps of before 2026-11-20 have none. */
  readonly contents?: Readonly<Record<string, string>>
  /** Share of requests that get the canary, in percent; 0 for the live channel. */
  readonly percent: number
  readonly actor: string
  readonly at: string
  readonly reason: string
  /** Detached Ed25519 signature over the canonical form of the other fields, base64url. */
  readonly signature: string
}

/** What a step does to one operation of a consumer. */
export interface NoticedOperation {
  /** Operation name, or the start of its text when it has none. */
  readonly operation: string
  readonly calls: number
  /** Fails from this step on, because of these. */
  readonly breaksOn: readonly { readonly coordinate: string; readonly message: string }[]
  /** Still works, and will not for ever: the domain marked these as going away. */
  readonly goingAway: readonly { readonly coordinate: string; readonly reason: string }[]
}

/** What a consumer is told of a step that concerns what it really uses; kept with the step. */
export interface ConsumerNotice {
  readonly sequence: number
  /** Client id, or the subject where a token names none. */
  readonly consumer: string
  readonly channel: Deployment['channel']
  readonly kind: DeploymentKind
  readonly subgraph?: string
  readonly actor: string
  readonly at: string
  readonly reason: string
  readonly operations: readonly NoticedOperation[]
}

/** A person with the right to approve has accepted a change that needs it. */
export interface Approval {
  readonly subgraph: string
  /** Hash of the artefact that was approved: another content needs another approval. */
  readonly hash: string
  readonly approvedBy: string
  readonly at: string
  readonly reason: string
}
