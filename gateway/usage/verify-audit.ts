import { CHAIN_START, parseRecord, type AuditHead, type AuditRecord } from './audit-chain.ts'
import { listAuditFiles, readLines } from './audit-files.ts'

/** What is wrong with an audit log, and where. */
export interface AuditFault {
  readonly file: string
  readonly line: number
  readonly why: string
}

export type AuditVerification =
  /** `torn`: the last write was cut off by a crash; it was never acknowledged, so nothing is lost. */
  | { readonly kind: 'intact'; readonly head: AuditHead; readonly files: number; readonly torn: boolean }
  | { readonly kind: 'broken'; readonly fault: AuditFault; readonly lastGood: AuditHead }

export interface VerifyOptions {
  /** A head that was written down earlier; the chain must go through it. */
  readonly expected?: AuditHead
  /** Called for each record, in order. */
  readonly onRecord?: (record: AuditRecord) => void
}

/** Reads a whole audit log and checks its chain. O(bytes), in bounded memory. */
export async function verifyAuditLog(dir: string, { expected, onRecord }: VerifyOptions = {}): Promise<AuditVerification> {
  const files = await listAuditFiles(dir)
  let head = CHAIN_START
  let torn = false
  for (const [index, file] of files.entries()) {
    let number = 0
    for await (const line of readLines(file)) {
      number += 1
      if (line.torn && index === files.length - 1) {
        torn = true
        break
      }
      const record = line.torn ? undefined : parseRecord(line.text)
      const why = record === undefined ? 'it is no record' : faultOf(record, head, expected)
      if (record === undefined || why !== undefined) return { kind: 'broken', fault: { file, line: number, why: why ?? 'it is no record' }, lastGood: head }
      head = { sequence: record.sequence, hash: record.hash }
      onRecord?.(record)
    }
  }
  if (expected !== undefined && head.sequence < expected.sequence) {
    const why = `the log ends at record ${head.sequence}, though record ${expected.sequence} was written`
    return { kind: 'broken', fault: { file: files.at(-1) ?? dir, line: 0, why }, lastGood: head }
  }
  return { kind: 'intact', head, files: files.length, torn }
}

function faultOf(record: AuditRecord, head: AuditHead, expected: AuditHead | undefined): string | undefined {
  if (!record.intact) return 'its content is not what was written'
  if (record.sequence !== head.sequence + 1) return `record ${record.sequence} follows record ${head.sequence}: some are missing or moved`
  if (record.previous !== head.hash) return 'it does not continue the record before it'
  if (record.sequence === expected?.sequence && record.hash !== expected.hash) return 'it is another record than the one that was written down'
  return undefined
}
