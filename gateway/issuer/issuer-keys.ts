import { GatewayError } from '@polyseme/kit/errors'
import { exportJWK, generateKeyPair, calculateJwkThumbprint, type JWK } from 'jose'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from './write-file-atomically.ts'

/** Algorithm of every token of the development issuer. */
export const ISSUER_ALGORITHM = 'ES256'

/** Signing keys and secrets of the development issuer. */
export interface IssuerKeys {
  /** Private keys, newest first: the first one signs, all verify. */
  readonly signing: readonly [JWK, ...JWK[]]
  /** Secrets that sign the sign-in page's cookies. */
  readonly cookies: readonly string[]
  /** Client secret of the persona `bi-service`. */
  readonly programSecret: string
}

const FILE_NAME = 'issuer-private.json'

/**
 * The issuer's keys of a data directory, made on first use and readable by their owner only.
 *
 * @throws DATA_DIR_CORRUPT when the file is not what was written
 */
export async function loadIssuerKeys(keysDir: string): Promise<IssuerKeys> {
  const text = await readIfPresent(join(keysDir, FILE_NAME))
  if (text === undefined) {
    const keys: IssuerKeys = { signing: [await makeSigningKey()], cookies: [makeSecret()], programSecret: makeSecret() }
    await writeIssuerKeys(keysDir, keys)
    return keys
  }
  return parseIssuerKeys(text)
}

/** Puts a new signing key before the others and keeps one old one, which verifies until the next rotation. */
export async function rotateIssuerKeys(keysDir: string): Promise<IssuerKeys> {
  const keys = await loadIssuerKeys(keysDir)
  const rotated: IssuerKeys = { ...keys, signing: [await makeSigningKey(), keys.signing[0]] }
  await writeIssuerKeys(keysDir, rotated)
  return rotated
}


async function makeSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ISSUER_ALGORITHM, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: ISSUER_ALGORITHM, use: 'sig' }
}

function makeSecret(): string {
  return randomBytes(32).toString('base64url')
}

async function writeIssuerKeys(keysDir: string, keys: IssuerKeys): Promise<void> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  await writeFileAtomically(join(keysDir, FILE_NAME), `${JSON.stringify(keys, undefined, 2)}\n`, 0o600)
}

function parseIssuerKeys(text: string): IssuerKeys {
  const damaged = (cause?: unknown): GatewayError => new GatewayError('DATA_DIR_CORRUPT', `keys/${FILE_NAME} in the data directory is damaged; remove it and a new one is made`, { cause })
  let value: Partial<IssuerKeys> | null
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(error)
  }
  const [first] = Array.isArray(value?.signing) ? (value.signing as JWK[]) : []
  if (typeof first?.d !== 'string' || typeof first.kid !== 'string') throw damaged()
  if (!Array.isArray(value?.cookies) || typeof value.programSecret !== 'string') throw damaged()
  return value as IssuerKeys
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
