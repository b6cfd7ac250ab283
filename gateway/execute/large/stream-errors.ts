import type { ResponseError } from '../outcome.ts'
import { errorsOfAnswer } from '../response-errors.ts'
import type { StreamState } from './stream-state.ts'

type Path = readonly (string | number)[]

/**
 * Finds the errors of an answer whose rows are gone when they are told: where a row has null is noted while it is there. An
 * error that the subgraph reports of a row keeps its path even where the row does not have the place.
 */
export class StreamErrors {
  readonly #state: StreamState
  /** Steps of a path down to the list. */
  readonly #depth: number
  /** By the error of a null in the list: the first null on its path. */
  readonly #places = new Map<ResponseError, Path>()
  #noted = 0

  constructor(state: StreamState, depth: number) {
    this.#state = state
    this.#depth = depth
  }

  /** Notes where the nulls of these rows are; `base` is the number of the first. */
  note(rows: readonly unknown[], base: number): void {
    const { nulls } = this.#state
    for (; this.#noted < nulls.length; this.#noted++) {
      const error = nulls[this.#noted]
      const index = error?.path?.[this.#depth]
      if (error?.path === undefined || typeof index !== 'number') continue
      const within = firstNull(rows[index - base], error.path.slice(this.#depth + 1))
      this.#places.set(error, [...error.path.slice(0, this.#depth + 1), ...within])
    }
  }

  /** All errors. @param around the answer with rows that are only counted @param complained the subgraph has reported errors */
  all(around: unknown, complained: boolean): readonly ResponseError[] {
    const { nulls, unexplained } = this.#state
    if (!complained) return errorsOfAnswer(around, this.#state.inOrder(), [])
    const errors = errorsOfAnswer(around, this.#state.errors(), unexplained)
    // One without a place may be about any null.
    if (errors.some(({ path }) => path === undefined)) return errors
    return [...errors, ...nulls.filter((error) => !errors.some(({ path = [] }) => startsWith(path, this.#places.get(error) ?? error.path ?? [])))]
  }
}

/** The path to the first null; all of it when there is none. */
function firstNull(row: unknown, path: Path): Path {
  let value = row
  for (const [index, step] of path.entries()) {
    if (typeof value !== 'object' || value === null) return path.slice(0, index)
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return path
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step)
}
