import type { Deployment } from './records.ts'
import type { RegistryStore } from './registry-store.ts'

const PAGE = 200

/** The steps that concern one domain, newest first: its own, and of those of the whole graph the ones after which it was another. */
export async function domainHistory(store: RegistryStore, { subgraph, limit, before }: { readonly subgraph: string; readonly limit: number; readonly before?: number }): Promise<readonly Deployment[]> {
  const steps: Deployment[] = []
  for (let from = before; ;) {
    const page = await store.listDeployments({ limit: PAGE, subgraph, orWhole: true, ...(from === undefined ? {} : { before: from }) })
    steps.push(...page)
    from = page.at(-1)?.sequence
    const isWhole = page.length < PAGE
    // What a step of the whole graph did to the domain shows the live step before it; the last ones of a page wait for the next.
    const decided = isWhole ? steps : steps.slice(0, steps.findLastIndex(({ channel }) => channel === 'live'))
    const changed = new Set(stepsThatChanged(subgraph, steps))
    const concerning = decided.filter((step) => step.subgraph === subgraph || changed.has(step))
    if (isWhole || concerning.length >= limit) return concerning.slice(0, limit)
  }
}

/** The live steps after which a domain was another; of the whole graph only those that touched it. */
export function stepsThatChanged(subgraph: string, newestFirst: readonly Deployment[]): readonly Deployment[] {
  const live = newestFirst.filter(({ channel }) => channel === 'live')
  return live.filter(({ members }, index) => members[subgraph] !== live[index + 1]?.members[subgraph])
}
