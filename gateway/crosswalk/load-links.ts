import { parseSssom, readLinks, type LinkStatement, type Mapping } from '@polyseme/kit/lexicon'
import { invalid, ok, type Result } from '@polyseme/kit/errors'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Larger link tables are to be loaded in bulk, not read as text. */
const MAX_TABLE_BYTES = 1_000_000_000

/** The statements of a mapping's link table in a folder; every finding at once. A table that is not there yet is a finding. */
export async function loadLinkTable(folder: string, mapping: Mapping, table: string, nowMs: number): Promise<Result<readonly LinkStatement[]>> {
  const path = join(folder, table)
  let text: string
  try {
    const { size } = await stat(path)
    if (size > MAX_TABLE_BYTES) return invalid([{ rule: 'links-table-too-large', severity: 'error', what: `link table \`${table}\` has ${size} bytes`, expected: `at most ${MAX_TABLE_BYTES}` }])
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return invalid([{ rule: 'links-table-unreadable', severity: 'error', what: `link table \`${table}\` of mapping \`${mapping.id}\` cannot be read (${code})`, expected: 'the file in the folder `links` of the data directory' }])
  }
  const set = parseSssom(text, table)
  if (set.kind === 'invalid') return set
  const links = readLinks(set.value, mapping, { file: table, loadedAtMs: nowMs })
  return links.kind === 'invalid' ? links : ok(links.value.map((statement) => applyPolicy(statement, mapping)))
}

/** What the mapping as a whole says about each of its statements: its own status, validity and approval bound. */
export function applyPolicy(statement: LinkStatement, mapping: Mapping): LinkStatement {
  const approvedByBound = statement.status === 'proposed' && mapping.autoApprove !== undefined && statement.confidence >= mapping.autoApprove
  const own = approvedByBound ? 'approved' : statement.status
  const status = own === 'approved' && mapping.status !== 'approved' ? mapping.status : own
  const validFromMs = Math.max(statement.validFromMs, mapping.validFrom === undefined ? -Infinity : Date.parse(mapping.validFrom))
  const validToMs = Math.min(statement.validToMs, mapping.validTo === undefined ? Infinity : Date.parse(mapping.validTo))
  return status === statement.status && validFromMs === statement.validFromMs && validToMs === statement.validToMs ? statement : { ...statement, status, validFromMs, validToMs }
}
