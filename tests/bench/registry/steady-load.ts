/**
 * Clients that ask within what a gateway can answer, as a process: each waits for its answer and then `pauseMs`. Arguments: JSON with
 * url, body, headers, clients, pauseMs. At the message `stop` it sends when each request began and how long it took.
 */
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface SteadyLoad {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly clients: number
  readonly pauseMs: number
}

export interface LoadRecord {
  /** Epoch milliseconds and duration, of each. */
  readonly requests: readonly (readonly [at: number, ms: number])[]
  readonly failures: number
  readonly sample: string
}

/** What is not answered until then has failed. */
const DEADLINE_MS = 30_000

const { url, body, headers, clients, pauseMs } = JSON.parse(process.argv[2] ?? '{}') as SteadyLoad
const agent = new Agent({ keepAlive: true, maxSockets: clients })
const requests: [number, number][] = []
let failures = 0
let sample = ''
const stopped = new AbortController()

async function ask(): Promise<void> {
  const [at, began] = [Date.now(), performance.now()]
  const answer = await new Promise<string>((resolve, reject) => {
    request(url, { method: 'POST', agent, signal: AbortSignal.timeout(DEADLINE_MS), headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      let text = `${response.statusCode} `
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text)).on('error', reject)
    }).on('error', reject).end(body)
  }).catch((error: unknown) => String(error))
  requests.push([at, performance.now() - began])
  if (answer.startsWith('200 {"data"')) return
  failures++
  sample ||= answer
}

async function client(): Promise<void> {
  while (!stopped.signal.aborted) {
    await ask()
    await delay(pauseMs)
  }
}

process.once('message', () => stopped.abort())
process.once('disconnect', () => process.exit())
await Promise.all(Array.from({ length: clients }, client))
// A channel that is closed before a long message is through loses it.
process.send?.({ requests, failures, sample } satisfies LoadRecord, () => process.disconnect?.())
