import { GatewayError } from '@polyseme/kit/errors'
import type { CatalogNotice, CatalogRecords } from '../catalog/index.ts'
import { noticesShownTo, stepsThatChanged, type ConsumerNotice, type NoticeReader, type OperationUsage } from '../registry/index.ts'
import { consumersOf } from './consumers-of.ts'
import type { FormerGraphs } from './former-graphs.ts'
import type { OpenRegistry } from './open-registry.ts'

const USAGE_DAYS = 30
/** Steps that are looked through for those that changed one domain. */
const MOST_STEPS = 500

export interface CatalogRecordsOptions {
  /** Undefined while it does not answer. */
  readonly registry: () => OpenRegistry | undefined
  /** Absent without a registry. */
  readonly formerGraphs?: () => FormerGraphs
  readonly readUsage: (days: number) => Promise<readonly OperationUsage[]>
}

/** What the catalogue tells of the graph's history and use. */
export function catalogRecordsOf({ registry, formerGraphs, readUsage }: CatalogRecordsOptions): CatalogRecords {
  const open = (): OpenRegistry => {
    const found = registry()
    if (found === undefined) throw new GatewayError('REGISTRY_UNAVAILABLE', 'the registry does not answer')
    return found
  }
  return {
    readVersions: async (domain, limit) => {
      if (formerGraphs === undefined) return undefined
      return stepsThatChanged(domain, await open().store.listDeployments({ limit: MOST_STEPS, subgraph: domain, orWhole: true })).slice(0, limit).map(({ sequence, kind, members, at, actor, reason }) => ({ step: sequence, kind, version: members[domain] ?? null, at, by: actor, reason }))
    },
    readNotices: async (principal, limit, { mayKnow, isGone }) => {
      if (formerGraphs === undefined) return []
      const notices = await open().store.listNotices({ consumers: consumersOf(principal), limit })
      const mayKnowBefore: NoticeReader['mayKnowBefore'] = async (sequence) => await formerGraphs().mayKnowBefore(sequence, principal)
      return (await noticesShownTo(notices, { actor: principal.subject, mayKnow, isGone, mayKnowBefore })).map(toCatalog)
    },
    readUsage: async () => await readUsage(USAGE_DAYS),
  }
}

function toCatalog({ sequence, kind, subgraph, consumer, at, actor, reason, operations }: ConsumerNotice): CatalogNotice {
  return {
    step: sequence, kind, domain: subgraph ?? null, consumer, at, by: actor, reason,
    operations: operations.map(({ operation, calls, breaksOn, goingAway }) => ({
      operation, calls,
      breaksOn: breaksOn.map(({ coordinate, message }) => ({ coordinate, says: message })),
      goingAway: goingAway.map(({ coordinate, reason: says }) => ({ coordinate, says })),
    })),
  }
}
