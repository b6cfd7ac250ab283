import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const FILE = /^audit-(\d{6})\.jsonl$/

/** Files of an audit folder, oldest first. A folder that does not exist has none. */
export async function listAuditFiles(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((name) => FILE.test(name)).sort().map((name) => join(dir, name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

export function auditFileName(number: number): string {
  return `audit-${String(number).padStart(6, '0')}.jsonl`
}

/** A line of a file with the offset after it; the last one may be torn: without its end of line. */
export interface FileLine {
  readonly text: string
  readonly endOffset: number
  readonly torn: boolean
}

/** A record is far shorter; a longer line is damage, and must not be gathered in memory. */
const MAX_LINE_BYTES = 1_048_576
const NEWLINE = 0x0a

/** The lines of a file of any size, one at a time. */
export async function* readLines(path: string): AsyncIterable<FileLine> {
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let data = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE)) {
      offset += end + 1
      yield { text: data.subarray(0, end).toString('utf8'), endOffset: offset, torn: false }
      data = data.subarray(end + 1)
    }
    rest = data
    if (rest.byteLength > MAX_LINE_BYTES) break
  }
  if (rest.byteLength > 0) yield { text: rest.subarray(0, MAX_LINE_BYTES).toString('utf8'), endOffset: offset + rest.byteLength, torn: true }
}
