import { hash } from 'node:crypto'
import type { AuditEntry } from './audit-entry.ts'

/** Where a chain stands: the last record's number and hash. Written down elsewhere, it proves that no end was cut off. */
export interface AuditHead {
  readonly sequence: number
  readonly hash: string
}

/** Before the first record. */
export const CHAIN_START: AuditHead = { sequence: 0, hash: '0'.repeat(64) }

// JSON.stringify leaves these as they are; a terminal or a log viewer takes them for line breaks or commands.
// eslint-disable-next-line no-control-regex -- they are what is escaped
const DANGEROUS = /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/g

/** The record of an entry as a line without its end, and the head after it. X03: no byte of it moves a cursor. */
export function chainRecord(head: AuditHead, entry: AuditEntry): { readonly line: string; readonly head: AuditHead } {
  const sequence = head.sequence + 1
  const text = JSON.stringify(entry).replace(DANGEROUS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const digest = digestOf(sequence, head.hash, text)
  return { line: `{"sequence":${sequence},"previous":"${head.hash}","entry":${text},"hash":"${digest}"}`, head: { sequence, hash: digest } }
}

/** What a line says about the chain; undefined when it is not a record. */
export interface AuditRecord extends AuditHead {
  readonly previous: string
  readonly entry: AuditEntry
  /** Whether the hash is that of the record. */
  readonly intact: boolean
}

const RECORD = /^\{"sequence":(\d{1,15}),"previous":"([0-9a-f]{64})","entry":(\{.*\}),"hash":"([0-9a-f]{64})"\}$/

export function parseRecord(line: string): AuditRecord | undefined {
  const [, sequence, previous, text, digest] = RECORD.exec(line) ?? []
  if (sequence === undefined || previous === undefined || text === undefined || digest === undefined) return undefined
  let entry: AuditEntry
  try {
    entry = JSON.parse(text) as AuditEntry
  } catch {
    return undefined
  }
  return { sequence: Number(sequence), previous, entry, hash: digest, intact: digest === digestOf(Number(sequence), previous, text) }
}

function digestOf(sequence: number, previous: string, text: string): string {
  return hash('sha256', `${sequence}\n${previous}\n${text}`, 'hex')
}
