import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'

/** What came of an export or of another long answer. */
export interface LongAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The last chunk came. */
  readonly complete: boolean
  readonly trailers: NodeJS.Dict<string>
}

export interface PostOptions {
  readonly token: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Posts JSON and hands out the answer as soon as its headers are there, nothing of its body read. */
export async function postFor(url: string, body: unknown, { token, headers = {} }: PostOptions): Promise<IncomingMessage> {
  const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers }, agent: false })
  sent.end(JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

/** Reads an answer to its end, whatever that is. */
export async function readLong(response: IncomingMessage): Promise<LongAnswer> {
  const chunks: Buffer[] = []
  let complete = true
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch {
    complete = false
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8'), complete: complete && response.complete, trailers: response.trailers }
}

/** `POST /export`, read to its end. */
export async function postForExport(url: string, body: unknown, options: PostOptions): Promise<LongAnswer> {
  return await readLong(await postFor(`${url}/export`, body, options))
}
