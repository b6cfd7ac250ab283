import { GatewayError } from '@polyseme/kit/errors'
import { assertKnownDomain } from './known-domain.ts'
import type { Deployment } from './records.ts'
import type { RegistryStore } from './registry-store.ts'

/** The step whose graph a rollback brings back. @throws NOT_FOUND */
export async function findRollbackTarget(store: RegistryStore, live: Deployment, { subgraph, toSequence }: { readonly subgraph?: string; readonly toSequence?: number }): Promise<Deployment> {
  if (toSequence !== undefined) {
    const target = await store.findDeployment(toSequence)
    if (target === undefined) throw new GatewayError('NOT_FOUND', `there is no step ${toSequence}`)
    return target
  }
  if (subgraph !== undefined) await assertKnownDomain(store, subgraph)
  const stateOf = ({ members }: Deployment): string => subgraph === undefined ? JSON.stringify(Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1))) : String(members[subgraph])
  return await findPredecessor(store, live, stateOf)
}

/**
 * The step before the one that brought what is in force. That a rollback brought back came with an earlier step: the next
 * rollback goes on from there, and not back to what was rolled back.
 */
async function findPredecessor(store: RegistryStore, live: Deployment, stateOf: (step: Deployment) => string): Promise<Deployment> {
  let step = live
  let restored: Deployment | undefined
  for await (const earlier of liveStepsBefore(store, live.sequence)) {
    if (stateOf(step) === stateOf(live) && stateOf(earlier) !== stateOf(live)) {
      if (step.kind !== 'rollback') return earlier
      restored ??= earlier
    }
    step = earlier
  }
  // What never was there before, such as one domain's rollback among newer ones, came with that rollback.
  const isFirst = step.kind !== 'rollback' && stateOf(step) === stateOf(live)
  if (restored === undefined || isFirst) throw new GatewayError('NOT_FOUND', 'there is no earlier state to go back to; `--to` (`toSequence`) takes any step of the history')
  return restored
}

/** Newest first. */
async function* liveStepsBefore(store: RegistryStore, sequence: number): AsyncGenerator<Deployment> {
  for (let before = sequence; ;) {
    const page = await store.listDeployments({ limit: 100, before })
    yield* page.filter(({ channel }) => channel === 'live')
    const last = page.at(-1)
    if (last === undefined) return
    before = last.sequence
  }
}
