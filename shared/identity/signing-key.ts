import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose'
import { GatewayError } from '../errors/index.ts'

/** The gateway's key pair for calls to subgraphs, Ed25519. */
export interface SigningKey {
  readonly privateJwk: JWK
  /** What subgraphs verify with. */
  readonly publicJwks: JSONWebKeySet
}

/** File names in the key folder; the private one is readable by its owner only. */
export const SIGNING_KEY_FILES = { privateJwk: 'gateway-private.jwk.json', publicJwks: 'gateway-public.jwks.json' } as const

/** A new key pair, in memory only; its `kid` is the RFC 7638 thumbprint. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return withPublicSet({ ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) })
}

/**
 * The key pair of a folder, made when there is none. Two processes that start at once get the same one.
 *
 * @throws DATA_DIR_CORRUPT the file holds no Ed25519 private key
 * @throws CONFIG_INVALID others than the owner may read it
 */
export async function loadOrCreateSigningKey(dir: string): Promise<SigningKey> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const privatePath = join(dir, SIGNING_KEY_FILES.privateJwk)
  const known = await loadSigningKey(privatePath)
  if (known === undefined) {
    const { privateJwk } = await generateSigningKey()
    await createFile(privatePath, JSON.stringify(privateJwk))
  }
  const key = known ?? (await loadSigningKey(privatePath))
  if (key === undefined) throw new GatewayError('DATA_DIR_CORRUPT', `${privatePath} disappeared while it was read.`)
  await replaceFile(join(dir, SIGNING_KEY_FILES.publicJwks), `${JSON.stringify(key.publicJwks, null, 2)}\n`)
  return key
}

async function loadSigningKey(path: string): Promise<SigningKey | undefined> {
  let text: string
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) throw new GatewayError('CONFIG_INVALID', `Others than its owner may read the private key ${path}: run \`chmod 600\` on it.`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    const jwk = JSON.parse(text) as JWK
    if (jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string' || typeof jwk.kid !== 'string') throw new TypeError('not an Ed25519 private key')
    return withPublicSet(jwk)
  } catch (error) {
    throw new GatewayError('DATA_DIR_CORRUPT', `${path} holds no Ed25519 private key.`, { cause: error })
  }
}

/** @throws when the JWK is not a valid Ed25519 key */
function withPublicSet(privateJwk: JWK): SigningKey {
  const { kid } = privateJwk
  const publicJwk = createPublicKey({ key: privateJwk, format: 'jwk' }).export({ format: 'jwk' }) as JWK
  return { privateJwk, publicJwks: { keys: [{ ...publicJwk, alg: 'EdDSA', use: 'sig', ...(kid === undefined ? {} : { kid }) }] } }
}

/** Writes a file that only its owner may read, whole or not at all; one that exists already stays as it is. */
async function createFile(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text, 0o600)
  try {
    // Unlike a rename, a link never replaces what another process has just made.
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text, 0o644), path)
}

async function writeDraft(path: string, text: string, mode: number): Promise<string> {
  const draft = `${path}.${randomUUID()}.draft`
  const file = await open(draft, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}
