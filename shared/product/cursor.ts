import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { GatewayError } from '../errors/index.ts'

/** Where a page begins or ends: exact texts of the values in the row's order terms, or the number of rows before. */
export type RowPosition = readonly (string | null)[]

const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_CURSOR_CHARACTERS = 8_192

/**
 * Makes cursors and reads them again.
 *
 * A cursor is encrypted and authenticated (AES-256-GCM) together with the query that it belongs to: it shows nothing of
 * the row, and neither a forged one nor one from another query is read. The nonce is a keyed hash of what is sealed, so
 * a row has the same cursor each time and no nonce is used for two texts.
 */
export class CursorCodec {
  readonly #key: Buffer
  readonly #nonceKey: Buffer

  /** @param secret at least 32 bytes; cursors live as long as it does. */
  constructor(secret: Uint8Array) {
    if (secret.byteLength < 32) throw new TypeError('the secret of a cursor codec has at least 32 bytes')
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'polyseme-cursor-key', 32))
    this.#nonceKey = Buffer.from(hkdfSync('sha256', secret, '', 'polyseme-cursor-nonce', 32))
  }

  /** @param binding what the cursor is valid for; see `cursorBinding`. */
  seal(position: RowPosition, binding: Buffer): string {
    const plain = JSON.stringify(position)
    const nonce = createHmac('sha256', this.#nonceKey).update(binding).update(plain).digest().subarray(0, NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(binding)
    const sealed = cipher.update(plain, 'utf8')
    cipher.final()
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** @throws CURSOR_INVALID not a cursor of ours, or one of another query. */
  open(cursor: string, binding: Buffer): RowPosition {
    try {
      if (cursor.length > MAX_CURSOR_CHARACTERS) throw new RangeError('too long')
      const bytes = Buffer.from(cursor, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(binding).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
      return JSON.parse(plain.toString('utf8')) as RowPosition
    } catch (error) {
      throw new GatewayError('CURSOR_INVALID', 'the cursor is not one that this query gave out', { cause: error })
    }
  }
}

/** Digest of what a cursor is bound to; equal queries give equal digests whatever the order in which keys were written. */
export function cursorBinding(query: unknown): Buffer {
  return createHash('sha256').update(canonical(query)).digest()
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
