import { GatewayError } from '@polyseme/kit/errors'
import type { AnswerStream } from '../execute/index.ts'
import { countRows, type AccessRecorder, type BegunOperation } from '../usage/index.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** An answer's status and headers; its body comes piece by piece. */
export interface StreamedAnswer extends Pick<Answer, 'status' | 'headers'> {
  readonly stream: AnswerStream
}

/**
 * Sends an answer while it is made, as fast as the client reads. One that cannot be completed ends with the connection, without
 * its last chunk.
 */
export async function sendStream(exchange: Exchange, { status, headers, stream }: StreamedAnswer, { log, metrics }: { readonly log: Log; readonly metrics: Metrics }): Promise<void> {
  const writer = new AnswerWriter(exchange)
  let outcome = 'cut'
  try {
    for await (const piece of stream.pieces()) {
      if (!writer.hasBegun) writer.begin(status, headers)
      await writer.write(piece, exchange.signal)
    }
    writer.end()
    outcome = 'complete'
  } catch (error) {
    if (!writer.hasBegun) throw error
    const left = writer.whoLeft(error)
    const known = error instanceof GatewayError && left === undefined ? { code: error.code, reason: error.clientMessage } : undefined
    log.warn('an answer was cut', { requestId: exchange.requestId, ...(known ?? { code: left ?? 'INTERNAL' }) })
    await writer.cut()
  } finally {
    stream.cancel()
    metrics.count('polyseme_streamed_answers_total', 'Large answers that were sent while they were made, by how they ended.', { outcome })
  }
}

/**
 * The same stream, recorded: its begin before anything of it is given, its end before the last piece is.
 *
 * @throws AUDIT_UNAVAILABLE nothing of it may be sent (X04)
 */
export async function recordedStream(stream: AnswerStream, begun: BegunOperation, recorder: AccessRecorder): Promise<AnswerStream> {
  const begunMs = performance.now()
  const recording = await recorder.begin(begun, { always: false }).catch((error: unknown) => {
    stream.cancel()
    throw error
  })
  return {
    get hasErrors() {
      return stream.hasErrors
    },
    cancel: () => stream.cancel(),
    pieces: async function* pieces(onRows = () => undefined) {
      let rows = 0
      let ended = false
      const end = async (outcome: 'answered' | 'partial' | 'interrupted'): Promise<void> => {
        ended = true
        await recording.end({ outcome, rows, durationMs: performance.now() - begunMs })
      }
      const count = (elements: readonly unknown[]): void => {
        rows += countRows(elements, 'all')
        onRows(elements)
      }
      try {
        let held: string | undefined
        for await (const piece of stream.pieces(count)) {
          if (held !== undefined) yield held
          held = piece
        }
        await end(stream.hasErrors ? 'partial' : 'answered')
        if (held !== undefined) yield held
      } finally {
        if (!ended) await end('interrupted')
      }
    },
  }
}
