import type { LargeLists } from '../../plan/index.ts'
import type { Deadline } from '../deadline.ts'
import type { AnswerStream, ResponseError } from '../outcome.ts'
import { unavailableError } from '../response-errors.ts'
import { runProgram, type ProgramRun, type TakenLarge } from '../run-program.ts'
import { takeRootAnswer } from '../take-answer.ts'
import type { LargeAnswers } from './large-answers.ts'
import { openAnswerStream } from './open-answer-stream.ts'
import type { StreamState } from './stream-state.ts'

export interface RunLargeOptions {
  readonly large: LargeAnswers
  readonly largeLists: () => LargeLists
  readonly newState: () => StreamState
  readonly errors: readonly ResponseError[]
  /** Of the operation; a stream has a longer one, and ends it. */
  readonly deadline: Deadline
}

/**
 * Runs a program of one request. When its answer is large it is given as a stream; else it is taken as ever.
 *
 * Only the last of its lists is streamed: what follows would be held, and could be refused only after much was sent.
 */
export async function runLarge(run: ProgramRun, options: RunLargeOptions): Promise<AnswerStream | undefined> {
  const { large } = options
  const largeLists = (): LargeLists => lastOf(options.largeLists())
  const found: TakenLarge[] = []
  using held = large.hold()
  const wanted = { afterBytes: large.fromBytes, maxBytes: large.maxBytes, maxAroundBytes: large.maxAroundBytes, hold: held.add, lists: () => largeLists().lists.map(({ path }) => path) }
  await runProgram({ ...run, large: { wanted, take: (taken) => void found.push(taken) } })
  const [taken] = found
  return taken === undefined ? undefined : await beginStream(run, taken, { ...options, largeLists })
}

function lastOf({ lists, inState }: LargeLists): LargeLists {
  return { lists: lists.slice(-1), inState }
}

/** The subgraph's fault in what comes first is what it is in a small answer: nothing of it, and one error. */
async function beginStream(run: ProgramRun, taken: TakenLarge, { large, largeLists, newState, errors, deadline }: RunLargeOptions): Promise<AnswerStream | undefined> {
  const { answer, subgraph, work } = taken
  const place = large.begin()
  try {
    const onEnd = (): void => {
      place?.[Symbol.dispose]()
      deadline.end()
    }
    const stream = place === undefined ? undefined : await openAnswerStream(taken, { program: run.program, lists: largeLists(), newState, errors, onEnd })
    if (stream !== undefined) {
      deadline.restart(large.deadlineMs)
      return stream
    }
    takeRootAnswer(run, subgraph, work, await answer.collect())
  } catch (error) {
    answer.cancel()
    run.state.troubled.add(work.unit)
    run.state.fail(subgraph, unavailableError(subgraph, error))
  }
  place?.[Symbol.dispose]()
  return undefined
}
