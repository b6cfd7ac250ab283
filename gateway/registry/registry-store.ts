import type { Approval, ConsumerNotice, Deployment, DeploymentKind, Members, SubgraphVersion, SupergraphRecord } from './records.ts'
import type { UsageTable } from './usage-table.ts'

/** What one step of history adds; all of it or nothing is stored. */
export interface RegistryCommit {
  /** `sequence` must be one more than the highest stored one: the compare-and-swap of the registry. */
  readonly deployment: Deployment
  readonly supergraph: SupergraphRecord
  /** Versions that this step publishes; empty for a rollback. */
  readonly published: readonly SubgraphVersion[]
  /** Whom the step concerns; they are kept when and only when the step is. */
  readonly notices: readonly ConsumerNotice[]
}

/**
 * Where the registry keeps its history. One interface, the same tests over SQLite and PostgreSQL.
 *
 * Nothing is ever changed or deleted. What `commit` acknowledged survives the death of the process and of the machine
 * (fsync before it returns). Every record carries a checksum that is verified on reading.
 *
 * @throws REGISTRY_UNAVAILABLE when the database cannot be reached, REGISTRY_CORRUPT when a checksum does not fit
 */
export interface RegistryStore {
  /** What the gateways of this registry counted, which is no history: it is brought up to date, and old days are dropped. */
  readonly usage: UsageTable
  /** The newest step of the channel, or the newest before a sequence; undefined before the first publish. */
  readonly findLatestDeployment: (channel: Deployment['channel'], before?: number) => Promise<Deployment | undefined>
  /** The newest step of this kind, whatever its channel. */
  readonly findLatestOfKind: (kind: DeploymentKind) => Promise<Deployment | undefined>
  readonly findDeployment: (sequence: number) => Promise<Deployment | undefined>
  /** Newest first; `before` pages on. `subgraph`: steps about it; with `orWhole`, steps about the whole graph too. */
  readonly listDeployments: (options: { limit: number; before?: number; subgraph?: string; orWhole?: boolean }) => Promise<readonly Deployment[]>
  readonly findSubgraphVersion: (subgraph: string, version: number) => Promise<SubgraphVersion | undefined>
  /** These versions, by subgraph and in this order; one that is missing is not there. Read a few at a time, since a mesh has hundreds and others wait for this thread. */
  readonly findMembers: (members: Members) => Promise<ReadonlyMap<string, SubgraphVersion>>
  readonly findLatestSubgraphVersion: (subgraph: string) => Promise<SubgraphVersion | undefined>
  readonly findSupergraph: (id: string) => Promise<SupergraphRecord | undefined>
  /** Highest sequence over all channels; 0 when empty. */
  readonly lastSequence: () => Promise<number>
  /** @throws REGISTRY_CONFLICT when another step took the sequence or a version meanwhile; nothing is stored then */
  readonly commit: (commit: RegistryCommit) => Promise<void>
  /** What consumers were told, the newest first; of these consumers, or about the steps of a domain. */
  readonly listNotices: (filter: { readonly consumers?: readonly string[]; readonly subgraph?: string; readonly limit: number }) => Promise<readonly ConsumerNotice[]>
  readonly addApproval: (approval: Approval) => Promise<void>
  readonly findApproval: (subgraph: string, hash: string) => Promise<Approval | undefined>
  /** Calls back soon after another process committed; the sequence says how far it is. Ends with the signal. */
  readonly watch: (onChange: (sequence: number) => void, signal: AbortSignal) => Promise<void>
  /** Reads everything and verifies every checksum and the chain of sequences. @throws REGISTRY_CORRUPT naming the first record that does not fit */
  readonly verify: () => Promise<{ readonly deployments: number; readonly versions: number }>
  readonly close: () => Promise<void>
}
