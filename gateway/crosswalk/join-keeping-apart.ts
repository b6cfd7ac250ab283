import { linkId, memberId, type FoundLink, type Member } from './link-reader.ts'

/** Two records that are known not to be one although links lead from one to the other. */
export interface IdentityConflict {
  /** The statement that the two are not the same. */
  readonly negative: FoundLink
  /** The links that lead from one to the other. */
  readonly path: readonly FoundLink[]
}

/** Everything that exactMatch links reach from a record, and what is known not to belong together in it. */
export interface Reached {
  readonly members: ReadonlyMap<string, Member>
  /** Each once, read from the side that was reached first. */
  readonly links: readonly FoundLink[]
  readonly negatives: readonly FoundLink[]
}

/** Clusters of the reached records, by member id, and what kept records apart. */
export interface Joined {
  readonly joined: ReadonlyMap<string, ReadonlySet<string>>
  readonly conflicts: readonly IdentityConflict[]
}

/**
 * Joins records along links, the surest first, except where that would put two records into one cluster that a negative
 * statement keeps apart. Which link has to give way depends on nothing but the links: confidence, then age, then name.
 */
export function joinKeepingApart({ members, links, negatives }: Reached): Joined {
  const clusters = new Map([...members.keys()].map((id) => [id, new Set([id])]))
  const apart = new Map<string, Set<string>>()
  for (const negative of negatives) {
    const [one, other] = ends(negative)
    for (const [id, others] of [
      [one, other],
      [other, one],
    ] as const)
      apart.set(id, (apart.get(id) ?? new Set()).add(others))
  }
  for (const link of links.toSorted(surestFirst)) {
    const [one, other] = ends(link).map((id) => clusters.get(id))
    if (one === undefined || other === undefined || one === other) continue
    const [small, large] = one.size < other.size ? [one, other] : [other, one]
    if (negatives.length > 0 && isKeptApart(small, large, apart)) continue
    for (const id of small) {
      large.add(id)
      clusters.set(id, large)
    }
  }
  return { joined: clusters, conflicts: negatives.flatMap((negative) => findConflict(negative, links)) }
}

function isKeptApart(one: ReadonlySet<string>, other: ReadonlySet<string>, apart: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  for (const id of one) for (const stranger of apart.get(id) ?? []) if (other.has(stranger)) return true
  return false
}

function surestFirst(one: FoundLink, other: FoundLink): number {
  return (
    other.statement.confidence - one.statement.confidence ||
    one.statement.recordedAtMs - other.statement.recordedAtMs ||
    (linkId(one) < linkId(other) ? -1 : 1)
  )
}

/** The shortest way by links from one end of a negative statement to the other. */
function findConflict(negative: FoundLink, links: readonly FoundLink[]): readonly IdentityConflict[] {
  const [start, goal] = ends(negative)
  const cameBy = new Map<string, { readonly from: string; readonly link: FoundLink }>()
  const open = [start]
  for (let at = 0; at < open.length && !cameBy.has(goal); at += 1) {
    const here = open[at] ?? start
    for (const link of links) {
      const [one, other] = ends(link)
      const next = one === here ? other : other === here ? one : undefined
      if (next === undefined || next === start || cameBy.has(next)) continue
      cameBy.set(next, { from: here, link })
      open.push(next)
    }
  }
  const path: FoundLink[] = []
  for (let step = cameBy.get(goal); step !== undefined; step = cameBy.get(step.from)) path.unshift(step.link)
  return path.length === 0 ? [] : [{ negative, path }]
}

function ends({ origin, counterpart }: FoundLink): readonly [string, string] {
  return [memberId(origin), counterpart === undefined ? '' : memberId(counterpart)]
}
