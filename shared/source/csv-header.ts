import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { GatewayError } from '../errors/index.ts'
import type { ProfileEngine } from './profile-tables.ts'
import { quoteText } from './sql-statement.ts'

/** Leading lines beyond this are not looked at. */
const MAX_HEAD_BYTES = 64 * 1024
const SEPARATOR = /[,;\t|]/

/**
 * Whether the columns of a CSV file are those that its first line names. The engine looks for the lines that fit together and leaves
 * out what stands before them: of a file with uneven lines that may be the header and rows.
 *
 * @throws CONFIG_INVALID with what is wrong
 */
export async function assertCsvHeader(path: string, engine: Pick<ProfileEngine, 'query'>): Promise<void> {
  const file = basename(path)
  const head = await readHead(path)
  if (head.trim() === '') throw new GatewayError('CONFIG_INVALID', `${file} is empty; its first line has to name the columns`)
  const [[skipped, columns] = []] = await engine.query(`SELECT "SkipRows", "Columns" FROM sniff_csv(${quoteText(path)}, header = true, all_varchar = true)`)
    .catch((error: unknown) => {
      throw new GatewayError('CONFIG_INVALID', `${file} has no line that could name its columns`, { cause: error })
    })
  const left = head.split(/\r\n|\r|\n/).slice(0, Number(skipped)).filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const names = Array.isArray(columns) ? columns.map((column: unknown) => String((column as { readonly name?: unknown }).name)) : []
  const isOneOfMany = names.length === 1 && SEPARATOR.test(names[0] ?? '')
  if (left.length === 0 && !isOneOfMany) return
  throw new GatewayError('CONFIG_INVALID', `${file} has lines with more or fewer columns than its first line names; correct them, every line needs the same number`)
}

async function readHead(path: string): Promise<string> {
  await using handle = await open(path)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HEAD_BYTES), 0, MAX_HEAD_BYTES, 0)
  return buffer.toString('utf8', 0, bytesRead)
}
