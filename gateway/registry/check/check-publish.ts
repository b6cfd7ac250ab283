import type { DataProduct } from '@polyseme/kit/contract'
import type { Diagnostic, Result } from '@polyseme/kit/errors'
import { giveWay, type SubgraphDefinition } from '../../supergraph/index.ts'
import { hashArtifact } from '../artifact-hash.ts'
import { comparePolicies, compareProducts, findAffectedOperations, findDeprecatedUses, type OperationUsage } from '../changes/index.ts'
import type { ComposedSdl, ComposeTask } from '../compose-off-thread.ts'
import { judgeGovernance, type MeshGovernance } from '../governance/index.ts'
import type { SubgraphArtifact, SubgraphVersion } from '../records.ts'
import type { RegistryStore } from '../registry-store.ts'
import { subgraphDefinition } from '../subgraph-definition.ts'
import { FIELD_TAKEN_OVER, findArtifactFaults, findOverriddenDomains, findOverrides, type ArtifactRuleOptions } from './artifact-rules.ts'
import { failedReport, judge, type CheckReport } from './check-report.ts'
import { composeChange, productsOf } from './compose-change.ts'
import { findOverlayFaults } from './overlay-rules.ts'
import { findRedundantProducts } from './redundant-products.ts'
import { USAGE_DAYS } from './step-effects.ts'

/** Stands for the address in a check of a domain that has none yet. */
export const ADDRESS_UNKNOWN = 'http://127.0.0.1:1/graphql'

/** What a check asks of its surroundings. */
export interface CheckEnvironment {
  readonly store: RegistryStore
  readonly compose: (task: ComposeTask) => Promise<Result<ComposedSdl>>
  /** Reads the contracts of a version or of an artefact. */
  readonly readProducts: (artifact: SubgraphArtifact) => Result<readonly DataProduct[]>
  /** Operations that consumers ran in the last days. */
  readonly readUsage: (days: number) => Promise<readonly OperationUsage[]>
  /** What the lexicon has against a set of contracts: words that several domains use and nobody declared, senses without a type. */
  readonly findMeaningFaults: (products: readonly DataProduct[]) => readonly Diagnostic[]
  /** What is wrong with the artefact's policies, read together with those of the other domains. */
  readonly findPolicyFaults: (artifact: SubgraphArtifact, others: readonly SubgraphVersion[]) => Promise<readonly Diagnostic[]>
  /** Subgraphs that the gateway serves itself and composes with every graph. */
  readonly ownSubgraphs: (domains: readonly SubgraphDefinition[]) => readonly SubgraphDefinition[]
  /** The mesh's rules as they are now. */
  readonly governance: () => MeshGovernance
  /** Whether the subgraph answers at its address, within a few seconds; absent: nobody asks. */
  readonly probe?: (artifact: SubgraphArtifact) => Promise<readonly Diagnostic[]>
  readonly artifactRules?: ArtifactRuleOptions
  readonly now: () => Date
}

export interface CheckRequest {
  readonly artifact: SubgraphArtifact
  /** How far back usage counts; default 30. */
  readonly usageDays?: number
  /** Fields whose values look personal to the publisher, who has looked at the data. */
  readonly personalFields?: readonly string[]
}

/** Says what publishing the artefact would do, without doing it: contracts, composition, consumers, rules, meaning. */
export async function checkPublish({ artifact, usageDays = USAGE_DAYS, personalFields = [] }: CheckRequest, environment: CheckEnvironment): Promise<CheckReport> {
  const { store } = environment
  const hash = hashArtifact(artifact)
  const faults = findArtifactFaults(artifact, environment.artifactRules)
  await giveWay()
  if (faults.length > 0) {
    // Nothing hostile is composed: what is wrong by itself is said first.
    return failedReport({ subgraph: artifact.subgraph, hash, findings: faults, usageDays })
  }
  const probed = artifact.url === ADDRESS_UNKNOWN ? Promise.resolve([]) : environment.probe?.(artifact) ?? Promise.resolve([])
  // It is waited for last, and may fail before.
  probed.catch(() => undefined)
  await giveWay()
  const live = await store.findLatestDeployment('live')
  const versions = [...(await store.findMembers(live?.members ?? {})).values()]
  const replaced = versions.find(({ subgraph }) => subgraph === artifact.subgraph)
  const read = environment.readProducts(artifact)
  const products = read.kind === 'ok' ? read.value : []

  const others = versions.filter(({ subgraph }) => subgraph !== artifact.subgraph)
  const composed = await environment.compose(await composeChange({ before: versions, after: [...others, artifact], live: live?.supergraphId }, environment))
  await giveWay()
  const changes = [
    ...findOverrides(artifact),
    ...(composed.kind === 'ok' ? composed.value.changes : []),
    ...(replaced === undefined ? [] : compareProducts(productsOf(replaced, environment), products)),
    ...comparePolicies(artifact.subgraph, replaced?.policies ?? [], artifact.policies),
  ]
  const { policy, allowedRegions } = environment.governance()
  const findings: readonly Diagnostic[] = [
    ...(read.kind === 'ok' ? read.warnings : read.diagnostics),
    ...findOverlayFaults(artifact, products),
    ...(composed.kind === 'ok' ? composed.warnings : composed.diagnostics),
    ...judgeGovernance({ domain: artifact.subgraph, products, now: environment.now(), personalFields: new Set(personalFields), ...(allowedRegions === undefined ? {} : { allowedRegions }) }, policy),
    ...(read.kind === 'ok' ? await environment.findPolicyFaults(artifact, others) : []),
    ...newMeaningFaults({ products, others, replaced }, environment),
    ...findRedundantProducts(products, others.flatMap((version) => productsOf(version, environment))),
    ...await probed,
  ]
  await giveWay()
  const usage = await environment.readUsage(usageDays)
  const affected = findAffectedOperations(changes, usage)
  await giveWay()
  const before = replaced === undefined ? undefined : subgraphDefinition(replaced, []).sdl
  const deprecatedUses = findDeprecatedUses({ sdl: subgraphDefinition(artifact, products).sdl, ...(before === undefined ? {} : { before }) }, usage)
  const awaiting = await missingApprovals({ artifact, hash, changes, affected }, store)
  const newest = await store.findLatestSubgraphVersion(artifact.subgraph)
  return {
    subgraph: artifact.subgraph, basedOn: newest?.version ?? 0, hash, findings, changes, affected, deprecatedUses, usageDays, awaiting,
    verdict: judge({ findings, changes, awaiting }),
  }
}

/** The own domain answers for what it opens and breaks; what it takes over, only the domain that loses it can give (R02). */
async function missingApprovals({ artifact, hash, changes, affected }: { readonly artifact: SubgraphArtifact; readonly hash: string } & Pick<CheckReport, 'changes' | 'affected'>, store: RegistryStore): Promise<readonly string[]> {
  const ownWeakens = changes.some(({ weakensProtection, kind }) => weakensProtection && kind !== FIELD_TAKEN_OVER)
  const needed = [...(ownWeakens || affected.length > 0 ? [artifact.subgraph] : []), ...findOverriddenDomains(artifact)]
  const given = await Promise.all(needed.map(async (domain) => await store.findApproval(domain, hash) !== undefined))
  return needed.filter((_domain, index) => given[index] !== true)
}

interface GraphAround {
  readonly products: readonly DataProduct[]
  readonly others: readonly SubgraphVersion[]
  readonly replaced: SubgraphVersion | undefined
}

/** Only what this publish brings: a fault that was there before is not the publisher's. */
function newMeaningFaults({ products, others, replaced }: GraphAround, environment: CheckEnvironment): readonly Diagnostic[] {
  const rest = others.flatMap((version) => productsOf(version, environment))
  const before = environment.findMeaningFaults([...rest, ...(replaced === undefined ? [] : productsOf(replaced, environment))])
  const known = new Set(before.map(({ rule, what }) => `${rule} ${what}`))
  return environment.findMeaningFaults([...rest, ...products]).filter(({ rule, what }) => !known.has(`${rule} ${what}`))
}
