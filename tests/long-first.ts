import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long, longest first, by what their paths contain. */
const LONG = ['federation/random-', 'faults/registry-crash', 'e2e/demo', 'product/differential-', 'faults/hot-swap-load', 'access/differential', 'e2e/', 'faults/', 'access/']

/**
 * Starts the long files first, so that at the end no core waits for one of them alone. Within that order those are first that
 * took long the last time, as far as that is known; in a fresh checkout it is not, and some of the longest files are the smallest.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((left, right) => rankOf(left) - rankOf(right))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONG.findIndex((part) => moduleId.includes(`/tests/${part}`) || moduleId.includes(`/tests/unit/${part}`))
  return rank === -1 ? LONG.length : rank
}
