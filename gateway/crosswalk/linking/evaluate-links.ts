import type { Proposal } from './propose-links.ts'

/** A true pair. */
export interface GoldLink {
  readonly from: string
  readonly to: string
}

export interface Quality {
  readonly threshold: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly right: number
  readonly wrong: number
  readonly missed: number
}

/** How often each level of each comparison occurs among right, wrong and doubtful proposals at a threshold. */
export interface FieldConfusion {
  readonly comparison: string
  readonly level: string
  readonly right: number
  readonly wrong: number
  /** True links that were proposed below the threshold. */
  readonly belowThreshold: number
}

export interface Evaluation {
  readonly at: Quality
  /** By threshold, ascending. */
  readonly curve: readonly Quality[]
  readonly best: Quality
  readonly confusion: readonly FieldConfusion[]
}

const THRESHOLDS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999]

/** Holds proposals against the truth. */
export function evaluateLinks(proposals: readonly Proposal[], gold: readonly GoldLink[], threshold = 0.5): Evaluation {
  const truth = new Set(gold.map(pairOf))
  const quality = (bound: number): Quality => {
    const chosen = proposals.filter(({ probability }) => probability >= bound)
    const right = chosen.filter((proposal) => truth.has(pairOf(proposal))).length
    const [wrong, missed] = [chosen.length - right, truth.size - right]
    const precision = chosen.length === 0 ? 1 : right / chosen.length
    const recall = truth.size === 0 ? 1 : right / truth.size
    return {
      threshold: bound,
      precision,
      recall,
      f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
      right,
      wrong,
      missed,
    }
  }
  const curve = THRESHOLDS.map(quality)
  const best = curve.reduce((one, other) => (other.f1 > one.f1 ? other : one))
  return { at: quality(threshold), curve, best, confusion: confusionOf(proposals, truth, threshold) }
}

function confusionOf(proposals: readonly Proposal[], truth: ReadonlySet<string>, threshold: number): readonly FieldConfusion[] {
  const counts = new Map<string, { comparison: string; level: string; right: number; wrong: number; belowThreshold: number }>()
  for (const proposal of proposals) {
    const isTrue = truth.has(pairOf(proposal))
    if (!isTrue && proposal.probability < threshold) continue
    for (const { comparison, level } of proposal.contributions) {
      const id = `${comparison}\t${level}`
      const entry = counts.get(id) ?? { comparison, level, right: 0, wrong: 0, belowThreshold: 0 }
      entry[proposal.probability < threshold ? 'belowThreshold' : isTrue ? 'right' : 'wrong'] += 1
      counts.set(id, entry)
    }
  }
  return [...counts.values()]
}

/** Keys never hold a tab. */
function pairOf({ from, to }: GoldLink): string {
  return `${from}\t${to}`
}
