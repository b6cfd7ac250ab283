import { GatewayError } from '@polyseme/kit/errors'
import * as lmdb from 'lmdb'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Key buffer of LMDB's binding, as its key encoders receive it. */
interface KeyBuffer extends Uint8Array {
  latin1Write(text: string, start: number): number
  latin1Slice(start: number, end: number): string
}

/** What the binding offers and its types leave out. */
interface NativeAddon {
  /** The value of the key that lies in the key buffer, without a copy: memory of the mapped file. */
  readonly getSharedByBinary?: (dbAddress: number, keySize: number) => Buffer | undefined
}

/**
 * An LMDB environment whose large values can be read where they lie in the mapped file, shared by all processes that
 * have it open, instead of being copied.
 *
 * lmdb 3.5.6 copies values on runtimes without its V8 build; the function that does not is there all the same. Without
 * it, values are copied: slower to open, no less right.
 */
export class MappedValues {
  readonly database: lmdb.RootDatabase<Buffer, string>
  #keyBuffer: KeyBuffer | undefined

  /** @param mapBytes address space to reserve; the file holds only what is written @throws DATA_DIR_CORRUPT */
  constructor(path: string, mapBytes: number) {
    checkFile(join(path, 'data.mdb'))
    const options = {
      path,
      mapSize: mapBytes,
      encoding: 'binary' as const,
      keyEncoder: {
        writeKey: (key: string, target: KeyBuffer, start: number): number => {
          this.#keyBuffer = target
          return start + target.latin1Write(key, start)
        },
        readKey: (source: KeyBuffer, start: number, end: number): string => source.latin1Slice(start, end),
      },
    }
    this.database = lmdb.open<Buffer, string>(options as unknown as lmdb.RootDatabaseOptionsWithPath)
  }

  /**
   * A value as long as `release` is not called and the environment not closed; after that, touching it may end the
   * process. Until then its pages are not used for anything else, in whatever process.
   */
  pin(key: string): { readonly value: Buffer; readonly release: () => void } | undefined {
    const { database } = this
    const transaction = database.useReadTransaction()
    const value = this.#read(key)
    if (value === undefined) {
      transaction.done()
      return undefined
    }
    return { value, release: () => transaction.done() }
  }

  #read(key: string): Buffer | undefined {
    const { getSharedByBinary } = (lmdb as unknown as { readonly nativeAddon?: NativeAddon }).nativeAddon ?? {}
    // Any read begins this turn's read transaction, and shows the key buffer.
    this.database.get(' ')
    const { dbAddress } = this.database as unknown as { readonly dbAddress?: number }
    if (getSharedByBinary === undefined || this.#keyBuffer === undefined || dbAddress === undefined) return this.database.get(key)
    return getSharedByBinary(dbAddress, this.#keyBuffer.latin1Write(key, 0))
  }
}

/** Behind the header of each of the two pages that an LMDB file begins with: its mark, and the size of its pages. */
const MARK_AT = 24
const MARK = 0xbeefc0de
const PAGE_SIZE_AT = 48
const LAST_PAGE_AT = 144
const TRANSACTION_AT = 152
const MAX_PAGE_BYTES = 65_536

/** LMDB ends the process when it maps a file that is none of its own, or one that was cut off. */
function checkFile(file: string): void {
  const head = readHead(file, 2 * MAX_PAGE_BYTES)
  if (head.length === 0) return
  const pageBytes = head.length < PAGE_SIZE_AT + 4 ? 0 : head.readUInt32LE(PAGE_SIZE_AT)
  const isWhole = pageBytes > PAGE_SIZE_AT && pageBytes <= MAX_PAGE_BYTES && head.length >= 2 * pageBytes
  const isMarked = isWhole && [0, pageBytes].every((page) => head.readUInt32LE(page + MARK_AT) === MARK)
  if (isMarked && statSync(file).size >= wantedBytes(head, pageBytes)) return
  throw new GatewayError(
    'DATA_DIR_CORRUPT',
    `${file} is damaged; restore it from a backup, or remove it: the links are read anew, what was known of earlier ones is lost`,
  )
}

/** Bytes up to the last page that the newer of the two heads knows of. */
function wantedBytes(head: Buffer, pageBytes: number): number {
  const [one, other] = [0, pageBytes].map((page) => ({
    transaction: head.readBigUInt64LE(page + TRANSACTION_AT),
    pages: Number(head.readBigUInt64LE(page + LAST_PAGE_AT)) + 1,
  }))
  const newer = one !== undefined && other !== undefined && other.transaction > one.transaction ? other : one
  return (newer?.pages ?? 0) * pageBytes
}

/** As much of the start of a file as there is; empty where there is no file. */
function readHead(file: string, bytes: number): Buffer {
  const head = Buffer.alloc(bytes)
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return head.subarray(0, 0)
    throw error
  }
  try {
    return head.subarray(0, readSync(descriptor, head, 0, bytes, 0))
  } finally {
    closeSync(descriptor)
  }
}
