import { GatewayError, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { hashArtifact, hashContents } from './artifact-hash.ts'
import { NO_EFFECTS, type StepEffects } from './check/effects.ts'
import { consumerNotices } from './consumer-notices.ts'
import type { DeploymentSigner, DeploymentVerifier } from './deployment-signature.ts'
import type { Deployment, Members, SubgraphArtifact, SubgraphVersion, SupergraphRecord } from './records.ts'
import type { RegistryStore } from './registry-store.ts'
import { findRollbackTarget } from './rollback-target.ts'
import { findRunningCanary } from './running-canary.ts'

/** Composes a set of published subgraphs; runs off the serving thread and within bounds, both promised by whoever provides it. */
export type ComposeVersions = (versions: readonly SubgraphVersion[]) => Promise<Result<{ readonly id: string; readonly sdl: string }>>

export interface RegistryOptions {
  readonly store: RegistryStore
  readonly signer: DeploymentSigner & DeploymentVerifier
  readonly compose: ComposeVersions
  readonly now: () => Date
}

/** Who does a step and why; both stand in the history for ever. */
export interface StepAuthor {
  readonly actor: string
  readonly reason: string
  /** What the step does to those who use the graph: they are told, with the step. Absent: nobody is. */
  readonly effectsOf?: (states: StepStates) => Promise<StepEffects>
}

/** The graph as it is and as a step makes it. */
export interface StepStates {
  readonly before: readonly SubgraphVersion[]
  readonly after: readonly SubgraphVersion[]
  /** Id of the graph that is live now; undefined before the first publish. */
  readonly live: string | undefined
  /** The graph that `after` was composed to. */
  readonly sdl: string
}

export interface PublishRequest extends StepAuthor {
  readonly artifact: SubgraphArtifact
  /** Version that the publisher saw when it checked, 0 for the first: a publish that was sent before cannot be replayed after another (R07). */
  readonly basedOn: number
  /** 1 to 99: only this share of requests gets the new graph, until `promote`. Absent: all of them at once. */
  readonly canaryPercent?: number
}

export type StepOutcome =
  | { readonly kind: 'deployed'; readonly deployment: Deployment; readonly warnings: readonly Diagnostic[]; readonly effects: StepEffects }
  /** The same content is live already: nothing was stored (T31). */
  | { readonly kind: 'unchanged'; readonly deployment: Deployment }
  /** It does not compose: nothing was stored and the live graph stays (R09). */
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] }

const MAX_ATTEMPTS = 5

/**
 * The history of the graph and the only way to add to it. Every step is composed first and then stored in one
 * transaction, compare-and-swap on the sequence: of two steps at once one is composed again on top of the other, and when
 * both are about the same subgraph the later one gets REGISTRY_CONFLICT (R08).
 */
export class Registry {
  readonly #options: RegistryOptions

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  get store(): RegistryStore {
    return this.#options.store
  }

  /** @throws REGISTRY_CONFLICT when `basedOn` is not the subgraph's newest version */
  async publish(request: PublishRequest): Promise<StepOutcome> {
    const { artifact, basedOn, canaryPercent } = request
    const hash = hashArtifact(artifact)
    return await this.#step(async (live) => {
      const newest = await this.store.findLatestSubgraphVersion(artifact.subgraph)
      if (newest !== undefined && live !== undefined && newest.hash === hash && live.members[artifact.subgraph] === newest.version && canaryPercent === undefined) {
        return { kind: 'unchanged', deployment: live }
      }
      if ((newest?.version ?? 0) !== basedOn) {
        throw new GatewayError('REGISTRY_CONFLICT', `"${artifact.subgraph}" is at version ${newest?.version ?? 0}; this publish was made on top of version ${basedOn}; see what came between (\`polyseme diff ${artifact.subgraph}\`), check again and publish again`)
      }
      const version: SubgraphVersion = {
        ...artifact, version: basedOn + 1, hash, publishedBy: request.actor, publishedAt: this.#timestamp(), message: request.reason,
      }
      const members = { ...live?.members, [artifact.subgraph]: version.version }
      const isCanary = canaryPercent !== undefined
      return {
        kind: isCanary ? 'canary' : 'publish', channel: isCanary ? 'canary' : 'live', percent: canaryPercent ?? 0,
        subgraph: artifact.subgraph, members, published: [version], author: request,
      }
    })
  }

  /**
   * Publishes several subgraphs in one step, those whose content is not what the same author published last: for a mesh that is
   * set up from files. A start with the same files undoes no publish, rollback or retirement that came between.
   * Nothing is checked but that they compose.
   */
  async publishAll(artifacts: readonly SubgraphArtifact[], author: StepAuthor): Promise<StepOutcome> {
    return await this.#step(async (live) => {
      const changed: SubgraphVersion[] = []
      for (const artifact of artifacts) {
        const newest = await this.store.findLatestSubgraphVersion(artifact.subgraph)
        const hash = hashArtifact(artifact)
        if (await this.#lastHashBy(author.actor, newest) !== hash) changed.push({ ...artifact, version: (newest?.version ?? 0) + 1, hash, publishedBy: author.actor, publishedAt: this.#timestamp(), message: author.reason })
      }
      if (changed.length === 0 && live !== undefined) return { kind: 'unchanged', deployment: live }
      const members = { ...live?.members, ...Object.fromEntries(changed.map(({ subgraph, version }) => [subgraph, version])) }
      return { kind: 'publish', channel: 'live', percent: 0, members, published: changed, author }
    })
  }

  /** What this actor last published of the subgraph; whatever others did with it since was meant. */
  async #lastHashBy(actor: string, newest: SubgraphVersion | undefined): Promise<string | undefined> {
    let version = newest
    while (version !== undefined && version.publishedBy !== actor) {
      version = version.version === 1 ? undefined : await this.store.findSubgraphVersion(version.subgraph, version.version - 1)
    }
    return version?.hash
  }

  /** Makes an earlier graph live again, whole or for one subgraph only. Absent `toSequence`: what was live before that which is live now came, so that a second rollback goes one further. */
  async rollback(request: StepAuthor & { readonly subgraph?: string; readonly toSequence?: number }): Promise<StepOutcome> {
    const { subgraph } = request
    return await this.#step(async (live) => {
      if (live === undefined) throw new GatewayError('NOT_FOUND', 'nothing has been published yet')
      const target = await findRollbackTarget(this.store, live, request)
      const earlier = subgraph === undefined ? undefined : target.members[subgraph]
      if (subgraph !== undefined && earlier === undefined) {
        throw new GatewayError('NOT_FOUND', request.toSequence === undefined ? `"${subgraph}" has no earlier version to go back to` : `"${subgraph}" was not part of the graph at step ${target.sequence}`)
      }
      const members = subgraph === undefined || earlier === undefined ? target.members : { ...live.members, [subgraph]: earlier }
      if (isSameGraph(members, live.members)) return { kind: 'unchanged', deployment: live }
      return { kind: 'rollback', channel: 'live', percent: 0, ...(subgraph === undefined ? {} : { subgraph }), members, published: [], author: request, restores: target }
    })
  }

  /** Takes a subgraph out of the graph; its versions stay in the history. */
  async retire(request: StepAuthor & { readonly subgraph: string }): Promise<StepOutcome> {
    return await this.#step(async (live) => {
      const { [request.subgraph]: retired, ...members } = live?.members ?? {}
      if (retired === undefined) throw new GatewayError('NOT_FOUND', `"${request.subgraph}" is not part of the graph`)
      return { kind: 'retire', channel: 'live', percent: 0, subgraph: request.subgraph, members, published: [], author: request }
    })
  }

  /** Makes the running canary live for everybody. @throws REGISTRY_CONFLICT when its domain published something newer meanwhile: that would be undone */
  async promote(request: StepAuthor): Promise<StepOutcome> {
    return await this.#step(async (live) => {
      const canary = await this.#runningCanary()
      const { subgraph = '' } = canary
      const [served = 0, newer = 0] = [canary.members[subgraph], live?.members[subgraph]]
      if (newer > served) throw new GatewayError('REGISTRY_CONFLICT', `"${subgraph}" is live at version ${newer}, which is newer than the canary's ${served}; end the canary, and publish its change on top`)
      const members = canary.subgraph === undefined ? canary.members : { ...live?.members, [canary.subgraph]: canary.members[canary.subgraph] ?? 0 }
      return { kind: 'promote', channel: 'live', percent: 0, ...(canary.subgraph === undefined ? {} : { subgraph: canary.subgraph }), members, published: [], author: request, restores: canary }
    })
  }

  /** Ends the running canary: everybody gets the live graph. */
  async endCanary(request: StepAuthor): Promise<StepOutcome> {
    return await this.#step(async (live) => {
      await this.#runningCanary()
      return { kind: 'canary-end', channel: 'canary', percent: 0, members: live?.members ?? {}, published: [], author: request }
    })
  }

  async #runningCanary(): Promise<Deployment> {
    const canary = await findRunningCanary(this.store)
    if (canary === undefined) throw new GatewayError('NOT_FOUND', 'no canary is running')
    return canary
  }

  /** Plans a step on the newest state, composes, stores; planned anew when another step came between. */
  async #step(plan: (live: Deployment | undefined) => Promise<PlannedStep | Extract<StepOutcome, { kind: 'unchanged' }>>): Promise<StepOutcome> {
    for (let attempt = 1; ; attempt += 1) {
      const sequence = await this.store.lastSequence() + 1
      const live = await this.store.findLatestDeployment('live')
      const planned = await plan(live)
      if (planned.kind === 'unchanged') return planned
      const after = await this.#versionsOf(planned)
      const composed = await this.#options.compose(after)
      if (composed.kind === 'invalid') return { kind: 'refused', diagnostics: composed.diagnostics }
      const effects = await this.#effectsOf(planned, { after, live, sdl: composed.value.sdl })
      const supergraph: SupergraphRecord = { ...composed.value, createdAt: this.#timestamp() }
      const { published, author, restores: _restores, ...step } = planned
      const contents = await this.#contentsOf(planned, after, live)
      const deployment = this.#options.signer.sign({ ...step, contents, sequence, supergraphId: supergraph.id, actor: author.actor, reason: author.reason, at: this.#timestamp() })
      try {
        await this.store.commit({ deployment, supergraph, published, notices: consumerNotices(effects, deployment) })
        return { kind: 'deployed', deployment, warnings: composed.warnings, effects }
      } catch (error) {
        const conflict = error instanceof GatewayError && error.code === 'REGISTRY_CONFLICT'
        if (!conflict || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  async #effectsOf({ author }: PlannedStep, { after, live, sdl }: { readonly after: readonly SubgraphVersion[]; readonly live: Deployment | undefined; readonly sdl: string }): Promise<StepEffects> {
    if (author.effectsOf === undefined) return NO_EFFECTS
    const before = live === undefined ? [] : await this.#versionsOf({ members: live.members, published: [] })
    return await author.effectsOf({ before, after, live: live?.supergraphId, sdl })
  }

  /** What is signed once must be the same when it is signed again: who can write to the database cannot have it signed with something else in it. */
  async #contentsOf({ members, restores }: PlannedStep, after: readonly SubgraphVersion[], live: Deployment | undefined): Promise<Readonly<Record<string, string>>> {
    const contents = await hashContents(after)
    for (const earlier of [live, restores]) {
      if (earlier === undefined) continue
      if (!this.#options.signer.verify(earlier)) throw new GatewayError('REGISTRY_CORRUPT', `step ${earlier.sequence} is not signed by this mesh's key`)
      const exchanged = after.find(({ subgraph }) => earlier.members[subgraph] === members[subgraph] && (earlier.contents?.[subgraph] ?? contents[subgraph]) !== contents[subgraph])
      if (exchanged !== undefined) throw new GatewayError('REGISTRY_CORRUPT', `version ${exchanged.version} of subgraph ${exchanged.subgraph} is not the one that was signed`)
    }
    return contents
  }

  async #versionsOf(step: Pick<PlannedStep, 'members' | 'published'>): Promise<readonly SubgraphVersion[]> {
    const published = new Map(step.published.map((version) => [version.subgraph, version]))
    const stored = await this.store.findMembers(Object.fromEntries(Object.entries(step.members).filter(([subgraph]) => !published.has(subgraph))))
    return Object.entries(step.members).map(([subgraph, number]) => {
      const version = published.get(subgraph) ?? stored.get(subgraph)
      if (version === undefined) throw new GatewayError('REGISTRY_CORRUPT', `version ${number} of subgraph ${subgraph} is missing`)
      return version
    })
  }

  #timestamp(): string {
    return this.#options.now().toISOString()
  }
}

function isSameGraph(members: Members, others: Members): boolean {
  const subgraphs = Object.keys({ ...members, ...others })
  return subgraphs.every((subgraph) => members[subgraph] === others[subgraph])
}

interface PlannedStep {
  readonly kind: Deployment['kind']
  readonly channel: Deployment['channel']
  readonly percent: number
  readonly subgraph?: string
  readonly members: Members
  readonly published: readonly SubgraphVersion[]
  readonly author: StepAuthor
  /** The earlier step that it brings back, or makes live. */
  readonly restores?: Deployment
}
