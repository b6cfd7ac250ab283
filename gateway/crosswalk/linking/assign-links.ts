import { isFromMany, isToMany, type Cardinality } from '@polyseme/kit/lexicon'
import type { ScoredPair } from './linkage-database.ts'

/** A pair with the probability that it is a match, the other candidates considered. */
export interface AssignedPair extends ScoredPair {
  readonly probability: number
}

/**
 * Turns weights into probabilities under the mapping's cardinality: where a record can have one counterpart only, its
 * candidates compete, and no more than one of them is kept. Among equals none is likely, so twins are left to people.
 */
export function assignLinks(pairs: readonly ScoredPair[], prior: number, cardinality: Cardinality): readonly AssignedPair[] {
  const priorOdds = prior / (1 - prior)
  const odds = pairs.map(({ weight }) => Math.min(2 ** weight * priorOdds, 1e12))
  const [oneFrom, oneTo] = [!isFromMany(cardinality), !isToMany(cardinality)]
  const rivalsOfTo = oneFrom ? sumBy(pairs, odds, ({ to }) => to) : undefined
  const rivalsOfFrom = oneTo ? sumBy(pairs, odds, ({ from }) => from) : undefined
  const assigned = pairs.map((pair, at): AssignedPair => {
    const own = odds[at] ?? 0
    const others =
      (rivalsOfTo === undefined ? 0 : (rivalsOfTo.get(pair.to) ?? own) - own) +
      (rivalsOfFrom === undefined ? 0 : (rivalsOfFrom.get(pair.from) ?? own) - own)
    return { ...pair, probability: own / (1 + own + Math.max(0, others)) }
  })
  const takenFrom = new Set<string>()
  const takenTo = new Set<string>()
  return assigned
    .toSorted((one, other) => other.probability - one.probability || other.weight - one.weight)
    .filter(({ from, to }) => {
      if ((oneTo && takenFrom.has(from)) || (oneFrom && takenTo.has(to))) return false
      takenFrom.add(from)
      takenTo.add(to)
      return true
    })
}

function sumBy(pairs: readonly ScoredPair[], odds: readonly number[], keyOf: (pair: ScoredPair) => string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [at, pair] of pairs.entries()) sums.set(keyOf(pair), (sums.get(keyOf(pair)) ?? 0) + (odds[at] ?? 0))
  return sums
}
