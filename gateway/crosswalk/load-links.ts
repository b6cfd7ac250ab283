import { invalid, ok, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { parseSssom, readLinks, type IncomingStatement, type Mapping } from '@polyseme/kit/lexicon'
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinkStore } from './links/index.ts'

/** A table is read as one text, and a text has at most 2^29 characters. */
const MAX_TABLE_BYTES = 500_000_000

/** A link table as it was read. */
export interface LinkTable {
  /** Of the file's bytes and of what the mapping says about its statements. */
  readonly digest: string
  /** Read only when they are wanted: an unchanged table is not. */
  readonly read: () => Result<readonly IncomingStatement[]>
}

/** A mapping's link table in a folder. A table that is not there yet is a finding. */
export async function loadLinkTable(folder: string, mapping: Mapping, table: string): Promise<Result<LinkTable>> {
  try {
    const path = join(folder, table)
    const { size } = await stat(path)
    if (size > MAX_TABLE_BYTES)
      return invalid([
        {
          rule: 'links-table-too-large',
          severity: 'error',
          what: `link table \`${table}\` has ${size} bytes`,
          expected: `at most ${MAX_TABLE_BYTES}`,
        },
      ])
    const bytes = await readFile(path)
    return ok({ digest: digestOf(bytes, mapping), read: () => readTable(bytes.toString('utf8'), mapping, table) })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return invalid([
      {
        rule: 'links-table-unreadable',
        severity: 'error',
        what: `link table \`${table}\` of mapping \`${mapping.id}\` cannot be read (${code})`,
        expected: 'the file in the folder `links` of the data directory',
      },
    ])
  }
}

function readTable(text: string, mapping: Mapping, table: string): Result<readonly IncomingStatement[]> {
  const set = parseSssom(text, table)
  if (set.kind === 'invalid') return set
  const links = readLinks(set.value, mapping, table)
  return links.kind === 'invalid' ? links : ok(links.value.map((statement) => applyPolicy(statement, mapping)))
}

/** Where and by whom a mapping was written makes no difference to its links. */
function digestOf(bytes: Uint8Array, { position: _position, ...mapping }: Mapping): string {
  return createHash('sha256').update(JSON.stringify(mapping)).update('\0').update(bytes).digest('hex')
}

/** Where a mapping's link table lies, and when it is read. */
export interface TableTask {
  readonly folder: string
  readonly mapping: Mapping
  readonly table: string
  readonly nowMs: number
}

/** Makes a store say what a link table says; findings where it cannot. An unchanged table costs its checksum. */
export async function loadTableInto(store: LinkStore, { folder, mapping, table, nowMs }: TableTask): Promise<readonly Diagnostic[]> {
  const found = await loadLinkTable(folder, mapping, table)
  if (found.kind === 'invalid') return found.diagnostics
  const { digest, read } = found.value
  if (digest === store.digest(mapping.id)) return []
  const links = read()
  if (links.kind === 'invalid') return links.diagnostics
  await store.load(mapping.id, links.value, { digest, nowMs })
  return []
}

/** What the mapping as a whole says about each of its statements: its own status, validity and approval bound. */
export function applyPolicy(statement: IncomingStatement, mapping: Mapping): IncomingStatement {
  const approvedByBound =
    statement.status === 'proposed' && mapping.autoApprove !== undefined && statement.confidence >= mapping.autoApprove
  const own = approvedByBound ? 'approved' : statement.status
  const status = own === 'approved' && mapping.status !== 'approved' ? mapping.status : own
  const validFromMs = Math.max(statement.validFromMs, mapping.validFrom === undefined ? -Infinity : Date.parse(mapping.validFrom))
  const validToMs = Math.min(statement.validToMs, mapping.validTo === undefined ? Infinity : Date.parse(mapping.validTo))
  return status === statement.status && validFromMs === statement.validFromMs && validToMs === statement.validToMs
    ? statement
    : { ...statement, status, validFromMs, validToMs }
}
