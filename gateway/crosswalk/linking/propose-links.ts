import type { Cardinality } from '@polyseme/kit/lexicon'
import { assignLinks } from './assign-links.ts'
import { levelsOf, type Comparison } from './comparison.ts'
import { estimateModel, type LevelModel } from './fellegi-sunter.ts'
import { LinkageDatabase, type LinkRecord } from './linkage-database.ts'

export interface ProposeOptions {
  readonly from: Iterable<LinkRecord> | AsyncIterable<LinkRecord>
  readonly to: Iterable<LinkRecord> | AsyncIterable<LinkRecord>
  readonly comparisons: readonly Comparison[]
  readonly cardinality: Cardinality
  /** Less likely pairs are not returned. Default 0.05. */
  readonly minProbability?: number
}

/** A likely link and why. */
export interface Proposal {
  readonly from: string
  readonly to: string
  readonly probability: number
  /** One for each comparison; weight in bits, for the match where positive. */
  readonly contributions: readonly Contribution[]
}

export interface Contribution {
  readonly comparison: string
  /** `same`, `nearly same`, …; `missing` where a side has no value. */
  readonly level: string
  readonly weight: number
}

/** What was learnt from the data, and what it makes likely. */
export interface LinkProposals {
  /** The likeliest first. */
  readonly proposals: readonly Proposal[]
  readonly model: {
    readonly prior: number
    readonly rounds: number
    readonly comparisons: readonly {
      readonly comparison: Comparison
      readonly levels: readonly (LevelModel & { readonly label: string })[]
    }[]
  }
  readonly records: { readonly from: number; readonly to: number }
  /** Pairs that were compared, of `records.from × records.to`. */
  readonly comparedPairs: number
}

/**
 * Finds likely links between two sets of records that share no key: pairs that have something rare in common are
 * compared field by field, a Fellegi-Sunter model is estimated from the data without labels, and every pair gets the
 * probability that it is a match. The same records give the same proposals.
 */
export async function proposeLinks(options: ProposeOptions): Promise<LinkProposals> {
  const { comparisons, cardinality, minProbability = 0.05 } = options
  await using database = await LinkageDatabase.open(comparisons)
  const records = { from: await database.add('l', options.from), to: await database.add('r', options.to) }
  const comparedPairs = records.from === 0 || records.to === 0 ? 0 : await database.comparePairs()
  const levels = comparisons.map(({ kind }, at) => levelsOf(kind, `c${at}`).map(({ label }) => label))
  const allPairs = Math.max(1, records.from * records.to)
  const [blocked, random] = comparedPairs === 0 ? [[], []] : [await database.patterns('compared'), await database.patterns('random')]
  const model = estimateModel({ levelCounts: levels.map(({ length }) => length), blocked, random, allPairs })
  // Half as likely as anything that will be kept: rivals of a pair must be known to lower its probability.
  const minWeight = Math.log2(minProbability / 2 / (1 - minProbability / 2)) - Math.log2(model.prior / (1 - model.prior))
  const scored = comparedPairs === 0 ? [] : await database.scoredPairs(model, minWeight)
  const proposals = assignLinks(scored, model.prior, cardinality)
    .filter(({ probability }) => probability >= minProbability)
    .map((pair): Proposal => ({
      from: pair.from,
      to: pair.to,
      probability: pair.probability,
      contributions: comparisons.map(({ name }, at) => ({
        comparison: name,
        level: levels[at]?.[pair.levels[at] ?? -1] ?? 'missing',
        weight: pair.weights[at] ?? 0,
      })),
    }))
  return {
    proposals,
    model: {
      prior: model.prior,
      rounds: model.rounds,
      comparisons: comparisons.map((comparison, at) => ({
        comparison,
        levels: (model.comparisons[at] ?? []).map((level, index) => ({ label: levels[at]?.[index] ?? '', ...level })),
      })),
    },
    records,
    comparedPairs,
  }
}
