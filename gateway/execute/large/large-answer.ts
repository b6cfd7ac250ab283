import type { SubgraphAnswer } from '../subgraph-transport.ts'
import type { LongBodyLimits } from './long-body.ts'

/** Which answers may be handed over before they are whole. */
export interface LargeWanted extends LongBodyLimits {
  /** Asked only when an answer has proved to be large: lists that may be read piece by piece, by the keys from `data` on. */
  readonly lists: () => readonly (readonly string[])[]
  /** How much of such an answer may stand before and after its list, all of which is held. */
  readonly maxAroundBytes: number
  /** Told of what is held of an answer that may have to be made whole. @throws OVERLOADED there is too much of that */
  readonly hold: (bytes: number) => void
}

/**
 * An answer that is read while it comes, because one list of it is large. Its reader takes `next` until there is no more and
 * then `finish`; or, before the first `next`, `collect`. Whoever stops earlier calls `cancel`.
 *
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID from each of them
 */
export interface LargeAnswer {
  /** Index among the wanted lists. */
  readonly list: number
  /** Keys from `data` to the list. */
  readonly path: readonly string[]
  /** What came before the list, which is empty here; errors that came before the data. */
  readonly before: SubgraphAnswer
  /** Further elements; undefined at the end of the list. */
  next(): Promise<readonly unknown[] | undefined>
  /** The whole answer but for the elements. */
  finish(): Promise<SubgraphAnswer>
  /** The whole answer, where it is no longer than answers may be that are not read piece by piece. */
  collect(): Promise<SubgraphAnswer>
  cancel(): void
}

export function isLarge(answer: SubgraphAnswer | LargeAnswer): answer is LargeAnswer {
  return 'next' in answer
}

/** The same answer, with a change made in place to each part before anybody sees it: as if the whole had been changed. */
export function changedLarge(inner: LargeAnswer, change: (answer: SubgraphAnswer) => SubgraphAnswer): LargeAnswer {
  const { list, path } = inner
  return {
    list, path,
    before: change(inner.before),
    next: async () => {
      const elements = await inner.next()
      if (elements !== undefined) change({ data: nest(path, elements), errors: [] })
      return elements
    },
    finish: async () => change(await inner.finish()),
    collect: async () => change(await inner.collect()),
    cancel: () => inner.cancel(),
  }
}

/** An answer with nothing in it but elements of the list. */
function nest(path: readonly string[], elements: readonly unknown[]): Readonly<Record<string, unknown>> {
  const value = path.reduceRight<unknown>((below, key) => ({ [key]: below }), elements)
  return value as Readonly<Record<string, unknown>>
}
