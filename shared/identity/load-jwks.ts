import { readFile } from 'node:fs/promises'

/** How much and how long a key set may take. */
export interface JwksLoadLimits {
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Reads the text of a key set; the signal is its deadline. Throws whatever went wrong. */
export type LoadJwks = (limits: JwksLoadLimits) => Promise<string>

/** Fetches a key set over HTTP: no redirects, no cookies, a byte cap after decompression, 200 only. */
export async function fetchJwks(uri: URL, { maxBytes, signal }: JwksLoadLimits): Promise<string> {
  const response = await fetch(uri, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    credentials: 'omit',
    signal,
  })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new Error(`the key set answered with status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the body and with it the connection.
    if (bytes > maxBytes) throw new Error(`the key set is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** Reads a key set from a file. */
export async function readJwksFile(path: URL, { maxBytes, signal }: JwksLoadLimits): Promise<string> {
  const text = await readFile(path, { encoding: 'utf8', signal })
  if (text.length > maxBytes) throw new Error(`the key set is larger than ${maxBytes} bytes`)
  return text
}
