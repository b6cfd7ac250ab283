import { GatewayError, type Diagnostic } from '@polyseme/kit/errors'
import { checkPublish, findStepEffects, type CheckEnvironment, type CheckReport, type CheckRequest, type StepEffects } from './check/index.ts'
import { noticesShownTo, type NoticeReader } from './consumer-notices.ts'
import { domainHistory } from './domain-history.ts'
import { forbidden, type RegistryAction } from './forbidden.ts'
import { assertKnownDomain } from './known-domain.ts'
import type { ConsumerNotice, Deployment, PublishedFile, SubgraphArtifact, SubgraphVersion } from './records.ts'
import type { Registry, StepAuthor, StepOutcome } from './registry.ts'
import { findRunningCanary } from './running-canary.ts'

/** Who asks, and what he may do; decided by the caller's token and the mesh's policies. */
export interface RegistryCaller extends NoticeReader {
  /** Names under which its use of the graph is counted: client and subject. */
  readonly consumers: readonly string[]
  readonly may: (action: RegistryAction, domain: string | undefined) => boolean
}

export interface PublishInput {
  readonly artifact: SubgraphArtifact
  readonly basedOn: number
  readonly message: string
  readonly canaryPercent?: number
  /** Fields whose values look personal to the publisher, who has looked at the data. */
  readonly personalFields?: readonly string[]
}

const CANARY_POLICIES: Diagnostic = {
  rule: 'canary-policies', severity: 'error', what: 'the policies are others than those in force, and a canary has none of its own',
  why: 'policies hold for everybody at once: a field of the canary would be served without the policy that came to protect it',
  how: 'publish the policies first with the schema as it is live, and the schema as a canary after that',
}

const EVENTS = { publish: 'published', canary: 'published', promote: 'promoted', 'canary-end': 'canary-ended', rollback: 'rolled-back', retire: 'retired' } as const satisfies Record<Deployment['kind'], string>

/** What others are told of a step of the graph; names and coordinates, no data. */
export interface StepNotice {
  readonly event: (typeof EVENTS)[Deployment['kind']]
  readonly step: number
  readonly channel: Deployment['channel']
  readonly subgraph?: string
  readonly actor: string
  readonly reason: string
  readonly breaking: readonly { readonly coordinate: string; readonly message: string }[]
  /** Operations that consumers run and that fail from now on, busiest first. */
  readonly affected: readonly { readonly operation: string; readonly consumer: string; readonly calls: number; readonly breaksOn: readonly string[] }[]
  /** Uses of what the step marks as going away; they still work. */
  readonly goingAway: readonly { readonly coordinate: string; readonly says: string; readonly operation: string; readonly consumer: string; readonly calls: number }[]
}

export type PublishResult =
  | { readonly kind: 'deployed'; readonly deployment: Deployment; readonly report: CheckReport }
  | { readonly kind: 'unchanged'; readonly deployment: Deployment }
  | { readonly kind: 'refused'; readonly report: CheckReport }

/**
 * The registry as the command line and HTTP use it: every call asks for the right first (R01), and a publish is checked
 * before it is made, whatever the caller checked himself.
 *
 * @throws FORBIDDEN · REGISTRY_CONFLICT · NOT_FOUND · REGISTRY_UNAVAILABLE
 */
export class RegistryService {
  readonly #registry: Registry
  readonly #environment: CheckEnvironment
  readonly #onStep: (notice: StepNotice) => void

  /** @param onStep told of each step of the graph; must not throw */
  constructor(registry: Registry, environment: CheckEnvironment, onStep: (notice: StepNotice) => void = () => undefined) {
    this.#registry = registry
    this.#environment = environment
    this.#onStep = onStep
  }

  async check(caller: RegistryCaller, input: CheckRequest): Promise<CheckReport> {
    // A check composes, and tells who uses what: it is for those who may publish or approve.
    if (!caller.may('approve', input.artifact.subgraph)) assertMay(caller, 'publish', input.artifact.subgraph)
    return await checkPublish(input, this.#environment)
  }

  async publish(caller: RegistryCaller, input: PublishInput): Promise<PublishResult> {
    const { artifact, basedOn, message, canaryPercent, personalFields = [] } = input
    assertMay(caller, 'publish', artifact.subgraph)
    assertReadable('message', message)
    if (canaryPercent !== undefined && !(Number.isInteger(canaryPercent) && canaryPercent >= 1 && canaryPercent <= 99)) {
      throw new GatewayError('BAD_USER_INPUT', 'the share of a canary is a whole number from 1 to 99')
    }
    if (canaryPercent !== undefined) await this.#assertNoOtherCanary(artifact.subgraph)
    const report = await checkPublish({ artifact, personalFields }, this.#environment)
    if (report.verdict !== 'pass') return { kind: 'refused', report }
    if (canaryPercent !== undefined && await this.#changesPolicies(artifact)) return { kind: 'refused', report: { ...report, verdict: 'fail', findings: [...report.findings, CANARY_POLICIES] } }
    const outcome = this.#told(await this.#registry.publish({ artifact, basedOn, actor: caller.actor, reason: message, effectsOf: () => Promise.resolve(report), ...(canaryPercent === undefined ? {} : { canaryPercent }) }))
    switch (outcome.kind) {
      case 'deployed': return { kind: 'deployed', deployment: outcome.deployment, report }
      case 'unchanged': return outcome
      // It composed in the check; another publish came between and does not go together with it.
      case 'refused': return { kind: 'refused', report: { ...report, verdict: 'fail', findings: [...report.findings, ...outcome.diagnostics] } }
    }
  }

  /** Accepts what a check called `needs-approval` or `breaks-consumers`, for exactly this content. */
  async approve(caller: RegistryCaller, input: { readonly subgraph: string; readonly hash: string; readonly reason: string }): Promise<void> {
    assertMay(caller, 'approve', input.subgraph)
    if (!/^[0-9a-f]{64}$/.test(input.hash)) throw new GatewayError('BAD_USER_INPUT', 'an approval names the hash that the check printed: 64 hexadecimal digits')
    assertReadable('reason', input.reason)
    await this.#registry.store.addApproval({ ...input, approvedBy: caller.actor, at: this.#environment.now().toISOString() })
  }

  async rollback(caller: RegistryCaller, input: { readonly subgraph?: string; readonly toSequence?: number; readonly reason: string }): Promise<StepOutcome> {
    assertMay(caller, 'publish', input.subgraph)
    return this.#told(await this.#registry.rollback({ ...input, ...this.#author(caller, input.reason) }))
  }

  async retire(caller: RegistryCaller, input: { readonly subgraph: string; readonly reason: string }): Promise<StepOutcome> {
    assertMay(caller, 'publish', input.subgraph)
    return this.#told(await this.#registry.retire({ ...input, ...this.#author(caller, input.reason) }))
  }

  async promote(caller: RegistryCaller, input: { readonly reason: string }): Promise<StepOutcome> {
    const canary = await this.#registry.store.findLatestDeployment('canary')
    assertMay(caller, 'publish', canary?.subgraph)
    return this.#told(await this.#registry.promote(this.#author(caller, input.reason)))
  }

  async endCanary(caller: RegistryCaller, input: { readonly reason: string }): Promise<StepOutcome> {
    const canary = await this.#registry.store.findLatestDeployment('canary')
    assertMay(caller, 'publish', canary?.subgraph)
    assertReadable('reason', input.reason)
    return this.#told(await this.#registry.endCanary({ ...input, actor: caller.actor }))
  }

  /** What the caller was told of steps that concern what it uses; with a domain, what that domain's steps told anybody. */
  async notices(caller: RegistryCaller, { subgraph, limit }: { readonly subgraph?: string; readonly limit: number }): Promise<readonly ConsumerNotice[]> {
    if (subgraph === undefined) return await noticesShownTo(await this.#registry.store.listNotices({ consumers: caller.consumers, limit }), caller)
    // Who uses what is for those who may change it.
    if (!caller.may('approve', subgraph)) assertMay(caller, 'publish', subgraph)
    await assertKnownDomain(this.#registry.store, subgraph)
    return await this.#registry.store.listNotices({ subgraph, limit })
  }

  async history(caller: RegistryCaller, input: { readonly limit: number; readonly before?: number; readonly subgraph?: string }): Promise<readonly Deployment[]> {
    const { subgraph, ...page } = input
    const { store } = this.#registry
    assertMay(caller, 'read', subgraph)
    if (subgraph === undefined) return await store.listDeployments(page)
    await assertKnownDomain(store, subgraph)
    return await domainHistory(store, { ...page, subgraph })
  }

  async subgraph(caller: RegistryCaller, input: { readonly subgraph: string; readonly version?: number }): Promise<SubgraphVersion> {
    const { store } = this.#registry
    const version = input.version === undefined ? await store.findLatestSubgraphVersion(input.subgraph) : await store.findSubgraphVersion(input.subgraph, input.version)
    if (version === undefined) {
      await assertKnownDomain(store, input.subgraph)
      throw new GatewayError('NOT_FOUND', `the registry has no version ${input.version} of "${input.subgraph}"`)
    }
    assertMay(caller, 'inspect', input.subgraph)
    return version
  }

  /** SDL of the composed graph at a step; absent: of the live one. */
  async supergraph(caller: RegistryCaller, input: { readonly sequence?: number }): Promise<{ readonly deployment: Deployment; readonly sdl: string }> {
    assertMay(caller, 'inspect', undefined)
    const { store } = this.#registry
    const deployment = input.sequence === undefined ? await store.findLatestDeployment('live') : await store.findDeployment(input.sequence)
    const supergraph = deployment === undefined ? undefined : await store.findSupergraph(deployment.supergraphId)
    if (deployment === undefined || supergraph === undefined) throw new GatewayError('NOT_FOUND', input.sequence === undefined ? 'nothing has been published yet' : `there is no step ${input.sequence}`)
    return { deployment, sdl: supergraph.sdl }
  }

  /** There is one canary at a time, and only the domain whose it is replaces it. */
  async #assertNoOtherCanary(subgraph: string): Promise<void> {
    const canary = await findRunningCanary(this.#registry.store)
    if (canary === undefined || canary.subgraph === subgraph) return
    throw new GatewayError('REGISTRY_CONFLICT', `a canary of "${canary.subgraph ?? 'the whole graph'}" is running (step ${canary.sequence}), and there is one at a time; whoever may publish there promotes or ends it first`)
  }

  /** Whether the artefact's policies are others than those in force: policies hold for everybody, a canary is for some. */
  async #changesPolicies({ subgraph, policies }: SubgraphArtifact): Promise<boolean> {
    const version = (await this.#registry.store.findLatestDeployment('live'))?.members[subgraph]
    const live = version === undefined ? undefined : await this.#registry.store.findSubgraphVersion(subgraph, version)
    const textsOf = (files: readonly PublishedFile[]): string => JSON.stringify(files.map(({ path, text }) => `${path}\n${text}`).toSorted())
    return textsOf(policies) !== textsOf(live?.policies ?? [])
  }

  #author({ actor }: RegistryCaller, reason: string): StepAuthor {
    assertReadable('reason', reason)
    return { actor, reason, effectsOf: async (states) => await findStepEffects(states, this.#environment) }
  }

  #told(outcome: StepOutcome): StepOutcome {
    if (outcome.kind === 'deployed') this.#onStep(noticeOf(outcome.deployment, outcome.effects))
    return outcome
  }
}

const MAX_REASON_LENGTH = 10_000
/** What moves a cursor or turns the direction of writing, for whoever lists the history in a terminal (R12, X03). */
const UNREADABLE = /(?![\t\n\r])[\p{Cc}\u202A-\u202E\u2066-\u2069]/u

/** A message or a reason, which stands in the history for ever. @throws BAD_USER_INPUT */
function assertReadable(name: 'message' | 'reason', text: string): void {
  if (text.length > MAX_REASON_LENGTH) throw new GatewayError('BAD_USER_INPUT', `a ${name} has ${MAX_REASON_LENGTH} characters at most`)
  if (UNREADABLE.test(text)) throw new GatewayError('BAD_USER_INPUT', `a ${name} holds no control or direction-changing characters`)
}

function noticeOf({ sequence, channel, kind, subgraph, actor, reason }: Deployment, { changes, affected, deprecatedUses }: StepEffects): StepNotice {
  return {
    event: EVENTS[kind], step: sequence, channel, ...(subgraph === undefined ? {} : { subgraph }), actor, reason,
    breaking: changes.filter(({ severity }) => severity === 'breaking').map(({ coordinate, message }) => ({ coordinate, message })),
    affected: affected.map(({ usage, changes: broken }) => ({ operation: usage.name, consumer: usage.consumer, calls: usage.calls, breaksOn: broken.map(({ coordinate }) => coordinate) })),
    goingAway: deprecatedUses.filter(({ isNew }) => isNew).map(({ coordinate, reason: says, usage }) => ({ coordinate, says, operation: usage.name, consumer: usage.consumer, calls: usage.calls })),
  }
}

function assertMay(caller: RegistryCaller, action: RegistryAction, domain: string | undefined): void {
  if (!caller.may(action, domain)) throw forbidden(action, domain)
}
