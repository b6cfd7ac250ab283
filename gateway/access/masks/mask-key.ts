import { hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '@polyseme/kit/errors'
import { BoundedMap, type Principal } from '@polyseme/kit/identity'

const SECRET_FILE = 'mask-secret'
const SECRET_BYTES = 32

/** The keys of `hash` masks. */
export interface MaskKeyring {
  /**
   * The caller's key: one for each consumer (the OAuth client, or the person where a token names no client), so that one
   * consumer can group and join by masked values and two cannot compare theirs. Stable as long as the secret is.
   */
  keyFor(principal: Principal): string
}

export function createMaskKeyring(secret: Uint8Array): MaskKeyring {
  if (secret.byteLength < SECRET_BYTES) throw new TypeError(`a mask secret has at least ${SECRET_BYTES} bytes`)
  const keys = new BoundedMap<string, string>(10_000)
  return {
    keyFor({ issuer, clientId, subject }) {
      const consumer = JSON.stringify(clientId === undefined ? ['subject', issuer, subject] : ['client', issuer, clientId])
      let key = keys.get(consumer)
      if (key === undefined) keys.set(consumer, (key = Buffer.from(hkdfSync('sha256', secret, '', `polyseme mask ${consumer}`, SECRET_BYTES)).toString('base64url')))
      return key
    },
  }
}

/** The mesh's mask secret, made when there is none; all gateways of a mesh must share it. @throws DATA_DIR_CORRUPT */
export async function loadOrCreateMaskSecret(keysDir: string): Promise<Uint8Array> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const path = join(keysDir, SECRET_FILE)
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(SECRET_BYTES).toString('base64url'))
    await file.sync()
    await file.close()
    // Unlike a rename, a link never replaces what is there.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url')
  if (secret.byteLength < SECRET_BYTES) throw new GatewayError('DATA_DIR_CORRUPT', `${path} holds no mask secret.`)
  return secret
}
