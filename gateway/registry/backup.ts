import { createHash } from 'node:crypto'
import { GatewayError } from '@polyseme/kit/errors'
import type { SqlValue } from './registry-database.ts'
import type { SqlRegistryStore } from './sql-registry-store.ts'

/** A row of the registry as it stands in a backup; the same on both databases. */
export interface BackupRow {
  readonly table: 'supergraph' | 'subgraph_version' | 'approval' | 'deployment' | 'consumer_notice'
  readonly row: Readonly<Record<string, SqlValue>>
}

const FORMAT = 'polyseme-registry-backup'
const VERSION = 1

/** The whole history as lines of JSON; the last line proves that none is missing. What is published meanwhile may or may not be in it. */
export async function* backupRegistry(store: SqlRegistryStore): AsyncGenerator<string> {
  const hash = createHash('sha256')
  let rows = 0
  const sealed = (line: string): string => {
    hash.update(`${line}\n`)
    return line
  }
  yield sealed(JSON.stringify({ format: FORMAT, version: VERSION }))
  for await (const row of store.dump()) {
    rows += 1
    yield sealed(JSON.stringify(row))
  }
  yield JSON.stringify({ end: true, rows, sha256: hash.digest('hex') })
}

/**
 * Reads a backup into a registry that is empty, in one transaction, and verifies everything that it holds.
 *
 * @throws BAD_USER_INPUT when the backup is not whole; REGISTRY_CONFLICT when the registry is not empty; REGISTRY_CORRUPT when a record
 * does not fit its checksum
 */
export async function restoreRegistry(store: SqlRegistryStore, lines: AsyncIterable<string>): Promise<{ readonly deployments: number; readonly versions: number }> {
  await store.load(rowsOf(lines))
  return await store.verify()
}

async function* rowsOf(lines: AsyncIterable<string>): AsyncGenerator<BackupRow> {
  const hash = createHash('sha256')
  let rows = 0
  let number = 0
  let ended = false
  for await (const line of lines) {
    number += 1
    if (ended) throw broken(`line ${number} stands after the end`)
    const value = parseLine(line, number)
    if (number === 1) {
      if (value['format'] !== FORMAT || value['version'] !== VERSION) throw broken('it is no backup of a registry, or of another version')
    } else if (value['end'] === true) {
      if (value['rows'] !== rows || value['sha256'] !== hash.digest('hex')) throw broken('its end does not fit what stands before: lines are missing or changed')
      ended = true
      continue
    } else {
      rows += 1
      yield value as unknown as BackupRow
    }
    hash.update(`${line}\n`)
  }
  if (!ended) throw broken('its end is missing')
}

function parseLine(line: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // Said below.
  }
  throw broken(`line ${number} is no JSON object`)
}

function broken(why: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `the backup cannot be restored: ${why}; nothing was changed`)
}
