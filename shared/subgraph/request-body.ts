import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors/index.ts'

/**
 * Reads a JSON body, never more than `maxBytes` of it.
 *
 * @throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;\s*charset=utf-?8\s*)?$/i.test(type)) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json in UTF-8')
  if (request.headers['content-encoding'] !== undefined) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'the body must not be compressed')
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new GatewayError('BAD_REQUEST', 'the body is not JSON', { cause: error })
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `the body is larger than ${maxBytes} bytes`)
}
