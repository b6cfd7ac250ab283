import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** File that says that the demo data are whole; written last. */
export const MANIFEST_FILE = 'demo-data.json'

/** Raised whenever the same seed would give other rows. */
export const DEMO_DATA_VERSION = 1

/** What a data directory holds and from what it was made. */
export interface DemoDataManifest {
  readonly version: number
  readonly seed: number
  readonly scale: number
  /** ISO 8601; the moment that the data are a snapshot of. */
  readonly asOf: string
  /** By path relative to the data directory. */
  readonly files: Readonly<Record<string, ManifestFile>>
}

export interface ManifestFile {
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** The manifest of a data directory; undefined when there is none or it is not one. */
export async function findManifest(dataDir: string): Promise<DemoDataManifest | undefined> {
  const text = await readFile(join(dataDir, MANIFEST_FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isManifest(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** SHA-256 of a file, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function isManifest(value: unknown): value is DemoDataManifest {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('files' in value)) return false
  return typeof value.files === 'object' && value.files !== null
}
