import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'

interface DecompressOptions {
  readonly maxOutputLength: number
}

type Decompress = (body: Buffer, options: DecompressOptions) => Promise<Buffer>

const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', promisify<Buffer, DecompressOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, DecompressOptions, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, DecompressOptions, Buffer>(inflate)],
  ['br', promisify<Buffer, DecompressOptions, Buffer>(brotliDecompress)],
  ['zstd', promisify<Buffer, DecompressOptions, Buffer>(zstdDecompress)],
])

/**
 * The body without its content coding, at most `maxBytes` long; undefined for an unknown coding.
 *
 * Rejects when the body is corrupt or longer than `maxBytes` once decompressed; decompression stops at the cap.
 */
export async function decodeBody(body: Buffer, coding: string, maxBytes: number): Promise<Buffer | undefined> {
  if (coding === '' || coding === 'identity') return body
  return DECOMPRESSORS.get(coding)?.(body, { maxOutputLength: maxBytes })
}
