import { mkdir, open, truncate, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '@polyseme/kit/errors'
import { CHAIN_START, chainRecord, parseRecord, type AuditHead } from './audit-chain.ts'
import type { AuditEntry } from './audit-entry.ts'
import { auditFileName, listAuditFiles, readLines } from './audit-files.ts'
import { lockFolder, type FolderLock } from './folder-lock.ts'

/** Where audit entries go: the log itself, or a way to the process that writes it. */
export interface AuditSink {
  /**
   * Resolves when the entry is on the disk.
   *
   * @throws AUDIT_UNAVAILABLE it could not be written; what it was about must not be shown (X04)
   */
  append(entry: AuditEntry): Promise<void>
}

export interface AuditLogOptions {
  /** Folder of this writer alone. */
  readonly dir: string
  /** A file is closed and the next begun when it has this many bytes. Default 67,108,864. */
  readonly maxFileBytes?: number
  /** Entries that may wait for the disk; more are refused. Default 10,000. */
  readonly maxWaiting?: number
}

interface Waiting {
  readonly entry: AuditEntry
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * An append-only, hash-chained log. Entries that arrive while the disk is busy are written together, with one sync for
 * all of them.
 */
export class AuditLog implements AuditSink, AsyncDisposable {
  readonly #options: Required<AuditLogOptions>
  readonly #lock: FolderLock
  #head: AuditHead
  #file: FileHandle
  #fileNumber: number
  #fileBytes: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  /** Set by a failed write: the file's end is unknown until it is cut back to the last acknowledged record. */
  #damaged = false
  #closed = false

  private constructor(options: Required<AuditLogOptions>, lock: FolderLock, state: OpenState) {
    this.#options = options
    this.#lock = lock
    this.#head = state.head
    this.#file = state.file
    this.#fileNumber = state.fileNumber
    this.#fileBytes = state.bytes
  }

  /**
   * Opens the log where it ended. A record that a crash cut off was never acknowledged and is removed.
   *
   * @throws DATA_DIR_CORRUPT the last file's end is no record · CONFIG_INVALID another process writes to the folder
   */
  static async open({ dir, maxFileBytes = 67_108_864, maxWaiting = 10_000 }: AuditLogOptions): Promise<AuditLog> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const lock = await lockFolder(dir)
    try {
      return new AuditLog({ dir, maxFileBytes, maxWaiting }, lock, await openLastFile(dir))
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** The last acknowledged record. */
  get head(): AuditHead {
    return this.#head
  }

  append(entry: AuditEntry): Promise<void> {
    if (this.#closed || this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new GatewayError('AUDIT_UNAVAILABLE', this.#closed ? 'the audit log is closed' : 'too many entries wait for the audit log'))
    }
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ entry, resolve, reject }))
    this.#writing ??= this.#writeAll()
    return written
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#writing
    await this.#file.close()
    await this.#lock.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #writeAll(): Promise<void> {
    // One turn of the event loop, so that what comes together is written together.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#write(batch)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        this.#damaged = true
        for (const { reject } of batch) reject(new GatewayError('AUDIT_UNAVAILABLE', 'the audit log could not be written', { cause: error }))
      }
    }
    // In the same turn as the look at what waits, or an entry that comes in between would wait for ever.
    this.#writing = undefined
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (this.#damaged) {
      await this.#file.truncate(this.#fileBytes)
      this.#damaged = false
    }
    if (this.#fileBytes >= this.#options.maxFileBytes) await this.#beginNextFile()
    let head = this.#head
    const lines: string[] = []
    for (const { entry } of batch) {
      const record = chainRecord(head, entry)
      lines.push(`${record.line}\n`)
      head = record.head
    }
    const bytes = Buffer.from(lines.join(''))
    await this.#file.appendFile(bytes)
    await this.#file.datasync()
    this.#head = head
    this.#fileBytes += bytes.byteLength
  }

  async #beginNextFile(): Promise<void> {
    const next = await open(join(this.#options.dir, auditFileName(this.#fileNumber + 1)), 'a', 0o600)
    await this.#file.close()
    this.#file = next
    this.#fileNumber += 1
    this.#fileBytes = 0
  }
}

interface OpenState {
  readonly head: AuditHead
  readonly file: FileHandle
  readonly fileNumber: number
  readonly bytes: number
}

async function openLastFile(dir: string): Promise<OpenState> {
  const files = await listAuditFiles(dir)
  let head: AuditHead = CHAIN_START
  let bytes = 0
  // The last file may be empty when the process ended just after it was begun; the head then stands in the one before.
  for (const path of files.slice(-2)) {
    bytes = 0
    let ended = true
    for await (const line of readLines(path)) {
      const record = line.torn ? undefined : parseRecord(line.text)
      if (record === undefined && !line.torn) throw new GatewayError('DATA_DIR_CORRUPT', `${path} is damaged; run \`polyseme audit verify\`.`)
      if (record === undefined) {
        ended = false
        break
      }
      head = { sequence: record.sequence, hash: record.hash }
      bytes = line.endOffset
    }
    if (!ended && path === files.at(-1)) await truncate(path, bytes)
  }
  const path = files.at(-1) ?? join(dir, auditFileName(1))
  return { head, file: await open(path, 'a', 0o600), fileNumber: Math.max(1, files.length), bytes }
}
