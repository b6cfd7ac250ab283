import { GatewayError } from '@polyseme/kit/errors'
import { request } from 'undici'
import { findUrlFaults } from '../registry/index.ts'

const TIMEOUT_MS = 10_000
/** A schema of 4 MiB, and what JSON adds to it. */
const MAX_BYTES = 8 * 1024 * 1024
const QUERY = JSON.stringify({ query: '{ _service { sdl } }' })

/**
 * Asks a subgraph for its schema, as federation has it. Bounded in time and size, follows no redirect, and goes to no address that
 * could not be published either (F18).
 *
 * @throws CONFIG_INVALID with what is wrong, never with what the address answered
 */
export async function fetchSubgraphSdl(url: string, { signal, headers = {} }: { readonly signal: AbortSignal; readonly headers?: Readonly<Record<string, string>> }): Promise<string> {
  const [fault] = findUrlFaults(url)
  if (fault !== undefined) throw new GatewayError('CONFIG_INVALID', `${fault.what}; ${fault.how ?? ''}`)
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    // undici's `request` follows no redirect and decompresses nothing by itself.
    const response = await request(url, { method: 'POST', body: QUERY, signal: deadline, headers: { ...headers, 'content-type': 'application/json', accept: 'application/json', 'accept-encoding': 'identity' } })
    if (response.statusCode !== 200) throw refused(`it answered with HTTP status ${response.statusCode}${response.statusCode >= 300 && response.statusCode < 400 ? ', and redirects are not followed' : ''}`)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_BYTES) throw refused(`its answer is longer than ${MAX_BYTES} bytes`)
      chunks.push(chunk)
    }
    return sdlIn(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    if (error instanceof GatewayError) throw error
    signal.throwIfAborted()
    throw refused(deadline.aborted ? `it did not answer within ${TIMEOUT_MS / 1_000} s` : 'it cannot be reached', error)
  }
}

function sdlIn(text: string): string {
  let answer: { readonly data?: { readonly _service?: { readonly sdl?: unknown } | null } | null } | null
  try {
    answer = JSON.parse(text) as typeof answer
  } catch (error) {
    throw refused('it did not answer with JSON', error)
  }
  const sdl = answer?.data?._service?.sdl
  if (typeof sdl !== 'string' || sdl === '') throw refused('it does not tell its schema (`_service { sdl }`); is it a federation subgraph, and does it need a --header?')
  return sdl
}

function refused(why: string, cause?: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', `the subgraph cannot be adopted: ${why}`, { cause })
}
