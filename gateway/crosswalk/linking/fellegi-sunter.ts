/** How often each combination of agreement levels occurs among compared pairs; -1: a value is missing on one side. */
export interface LevelPattern {
  readonly levels: readonly number[]
  readonly pairs: number
}

/** Probability of each level among matches (m) and among non-matches (u), and their log ratio. */
export interface LevelModel {
  readonly m: number
  readonly u: number
  /** log2(m / u): what agreement on this level says for (or against) a match. */
  readonly weight: number
}

/** A Fellegi-Sunter model: the prior that two random records match, and one row of levels for each comparison. */
export interface LinkageModel {
  readonly prior: number
  readonly comparisons: readonly (readonly LevelModel[])[]
  readonly rounds: number
}

export interface EstimateOptions {
  /** Number of levels of each comparison. */
  readonly levelCounts: readonly number[]
  /** Patterns of the pairs that blocking found. */
  readonly blocked: readonly LevelPattern[]
  /** Patterns of random pairs, nearly all of which are no matches. */
  readonly random: readonly LevelPattern[]
  /** All pairs there are: those that blocking left out count as non-matches. */
  readonly allPairs: number
}

const MAX_ROUNDS = 200
const TOLERANCE = 1e-6

/**
 * Estimates a model from the data alone: u from random pairs (less the matches among them), m and the prior by
 * expectation maximisation over the blocked pairs. Comparisons are taken to be independent given the truth, as the model does.
 */
export function estimateModel({ levelCounts, blocked, random, allPairs }: EstimateOptions): LinkageModel {
  const chance = levelCounts.map((count, at) => shares(random, at, count, () => 1))
  let u: readonly (readonly number[])[] = chance
  // A start in which matches agree more than non-matches do; the rest follows from the data.
  let m = levelCounts.map((count) =>
    normalize(Array.from({ length: count }, (_, level) => (level === 0 ? 8 : level === count - 1 ? 0.5 : 2))),
  )
  const blockedPairs = blocked.reduce((sum, { pairs }) => sum + pairs, 0)
  let prior = Math.min(0.5, Math.max(1 / allPairs, Math.sqrt(blockedPairs) / allPairs))
  let rounds = 0
  for (; rounds < MAX_ROUNDS; rounds += 1) {
    const posterior = blocked.map(({ levels }) => probability(logOdds(levels, m, u) + Math.log2(prior / (1 - prior))))
    const nextM = levelCounts.map((count, at) => shares(blocked, at, count, (pattern) => posterior[pattern] ?? 0))
    const matches = blocked.reduce((sum, { pairs }, at) => sum + pairs * (posterior[at] ?? 0), 0)
    const nextPrior = Math.min(0.5, Math.max(0.5 / allPairs, matches / allPairs))
    const moved = Math.abs(Math.log(nextPrior / prior)) + distance(m, nextM)
    m = nextM
    prior = nextPrior
    u = chance.map((row, at) => withoutMatches(row, m[at] ?? [], prior))
    if (moved < TOLERANCE) break
  }
  const comparisons = m.map((row, at) =>
    row.map((value, level): LevelModel => {
      const other = u[at]?.[level] ?? 1
      return { m: value, u: other, weight: Math.log2(value / other) }
    }),
  )
  return { prior, comparisons, rounds }
}

/** Probability of a match from log2 odds. */
export function probability(logOddsValue: number): number {
  return logOddsValue > 0 ? 1 / (1 + 2 ** -logOddsValue) : 2 ** logOddsValue / (1 + 2 ** logOddsValue)
}

function logOdds(levels: readonly number[], m: readonly (readonly number[])[], u: readonly (readonly number[])[]): number {
  let sum = 0
  for (const [at, level] of levels.entries()) if (level >= 0) sum += Math.log2((m[at]?.[level] ?? 1) / (u[at]?.[level] ?? 1))
  return sum
}

/** Shares of a comparison's levels among patterns, smoothed so that what was not seen is rare, not impossible. */
function shares(patterns: readonly LevelPattern[], at: number, count: number, weightOf: (pattern: number) => number): readonly number[] {
  const sums = Array.from({ length: count }, () => 0)
  let total = 0
  for (const [index, { levels, pairs }] of patterns.entries()) {
    const level = levels[at] ?? -1
    if (level < 0) continue
    const weight = pairs * weightOf(index)
    sums[level] = (sums[level] ?? 0) + weight
    total += weight
  }
  // At most a hundredth of what there is, so that small samples keep what they say.
  const smoothing = Math.min(0.5, total / 100 / count + 1e-9)
  return normalize(sums.map((sum) => sum + smoothing))
}

/** Random pairs hold a few matches, which in a small set of records is most of the agreement that they show. */
function withoutMatches(mixed: readonly number[], m: readonly number[], prior: number): readonly number[] {
  return normalize(mixed.map((share, level) => Math.max((share - prior * (m[level] ?? 0)) / (1 - prior), share / 100)))
}

function normalize(values: readonly number[]): readonly number[] {
  const total = values.reduce((sum, value) => sum + value, 0)
  return values.map((value) => value / total)
}

function distance(one: readonly (readonly number[])[], other: readonly (readonly number[])[]): number {
  let largest = 0
  for (const [at, row] of one.entries())
    for (const [level, value] of row.entries()) largest = Math.max(largest, Math.abs(value - (other[at]?.[level] ?? 0)))
  return largest
}
