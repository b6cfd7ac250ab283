import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../errors/index.ts'

const SECRET_BYTES = 32

/**
 * The secret that seals a domain's cursors, kept in `keys/cursor-<domain>.key` of the data directory (mode 0600) so that
 * cursors outlive a restart; made when it is not there.
 *
 * @throws DATA_DIR_CORRUPT the file is there and holds something else.
 */
export async function loadOrCreateCursorSecret(dataDir: string, domain: string): Promise<Uint8Array> {
  const folder = join(dataDir, 'keys')
  const path = join(folder, `cursor-${encodeURIComponent(domain)}.key`)
  await mkdir(folder, { recursive: true })
  try {
    // `wx`: of two processes that start at once, one makes the file and the other reads it.
    const file = await open(path, 'wx', 0o600)
    const secret = randomBytes(SECRET_BYTES)
    await file.writeFile(secret.toString('base64url'))
    await file.close()
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const secret = Buffer.from(await readFile(path, 'utf8'), 'base64url')
  if (secret.byteLength === SECRET_BYTES) return secret
  throw new GatewayError('DATA_DIR_CORRUPT', `keys/cursor-${domain}.key is damaged; remove it (cursors that are out become invalid)`)
}
