import { GatewayError } from '@polyseme/kit/errors'
import type { IncomingMessage } from 'node:http'

/**
 * The JSON value of a request's body.
 *
 * @param maxBytes a body beyond it is refused as soon as it is known, never buffered
 * @throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  assertJsonType(request.headers['content-type'])
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'send the body uncompressed')
  return parseJson(await readBody(request, maxBytes), 'the body')
}

/** The same for a body that must be an object. */
export async function readJsonObject(request: IncomingMessage, maxBytes: number): Promise<Readonly<Record<string, unknown>>> {
  const body = await readJsonBody(request, maxBytes)
  if (!isObject(body)) throw new GatewayError('BAD_REQUEST', 'the body must be a JSON object')
  return body
}

/** @throws UNSUPPORTED_MEDIA_TYPE unless it is `application/json`, in UTF-8 */
export function assertJsonType(type: string | undefined): void {
  const [essence, ...parameters] = (type ?? '').toLowerCase().split(';').map((part) => part.trim())
  if (essence !== 'application/json') throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'the content type must be application/json')
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=')
    if (name === 'charset' && !['utf-8', 'utf8', '"utf-8"'].includes(value)) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'the charset must be UTF-8')
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = (): GatewayError => new GatewayError('PAYLOAD_TOO_LARGE', `the body is too large: at most ${maxBytes} bytes are taken`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) {
        request.removeAllListeners('data')
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.on('error', () => reject(new GatewayError('BAD_REQUEST', 'the body did not arrive')))
  })
}

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the input, which may hold a token that someone put into the body.
    throw new GatewayError('BAD_REQUEST', `${what} is not JSON`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
