import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BILLING_STEPS } from './billing.ts'
import { DEMO_FOLDERS } from './check-demo-data.ts'
import { demoSize } from './demo-size.ts'
import { LINK_STEPS, LINK_TABLES } from './links.ts'
import { openMakerDatabase, type MakerDatabase } from './maker-database.ts'
import { DEMO_DATA_VERSION, hashFile, MANIFEST_FILE, type DemoDataManifest, type ManifestFile } from './manifest.ts'
import { MARKETING_STEPS } from './marketing.ts'
import { DOMAIN_OUTPUTS, GOLD_OUTPUTS, type ParquetOutput } from './outputs.ts'
import { SALES_STEPS } from './sales.ts'
import { linkTableText } from './link-table-text.ts'
import { sqlText } from './sql-text.ts'
import type { Step } from './step.ts'
import { SUPPORT_STEPS } from './support.ts'
import { WORLD_STEPS } from './world.ts'

export interface DemoDataOptions {
  /** Directory that gets `data/`, `links/`, `gold/` and `demo-data.json`; made if absent, other files in it stay. */
  readonly dataDir: string
  /** Whole number; the same seed, scale and moment give the same rows. Default 1. */
  readonly seed?: number
  /** Multiplies every volume; from 0.01 on every kind of dirt occurs. Over 0, at most 100; default 1. */
  readonly scale?: number
  /** Moment that the data are a snapshot of, to the second. Default 2026-11-01T00:00:00Z. */
  readonly asOf?: Date
  /** Called before each stage, with the number of stages done. */
  readonly onProgress?: (done: number, total: number, what: string) => void
}

/** What was made. */
export interface DemoDataSummary extends DemoDataManifest {
  readonly durationMs: number
}

const STEPS: readonly Step[] = [...WORLD_STEPS, ...SALES_STEPS, ...BILLING_STEPS, ...SUPPORT_STEPS, ...MARKETING_STEPS, ...LINK_STEPS]

const MAKING_PREFIX = '.demo-data-'
/** Making takes seconds; a folder this old belongs to a run that was killed. */
const ABANDONED_AFTER_MS = 10 * 60_000

/**
 * Makes the data of the four demo domains, their link tables and the true links.
 *
 * Everything is made beside its place and moved there at the end, the manifest last: an interrupted run leaves what was
 * there before, or what `checkDemoData` calls corrupt, never half of each. Replaces earlier demo data.
 */
export async function makeDemoData(options: DemoDataOptions): Promise<DemoDataSummary> {
  const started = performance.now()
  const { dataDir, seed = 1, scale = 1, asOf = new Date('2026-11-01T00:00:00Z'), onProgress } = options
  if (!Number.isSafeInteger(seed)) throw new TypeError(`seed must be a whole number, got ${seed}`)
  const size = demoSize(scale)
  await mkdir(dataDir, { recursive: true })
  await removeAbandoned(dataDir)
  const making = await mkdtemp(join(dataDir, MAKING_PREFIX))
  try {
    await using database = await openMakerDatabase(seed, asOf)
    const total = STEPS.length + 1
    for (const [done, step] of STEPS.entries()) {
      onProgress?.(done, total, step.what)
      for (const sql of step.sql(size)) await database.run(sql)
    }
    onProgress?.(STEPS.length, total, 'files')
    const files = await writeFiles(database, making)
    const manifest: DemoDataManifest = { version: DEMO_DATA_VERSION, seed, scale, asOf: asOf.toISOString(), files }
    await writeFile(join(making, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    await moveIntoPlace(making, dataDir)
    onProgress?.(total, total, 'done')
    return { ...manifest, durationMs: performance.now() - started }
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

async function writeFiles(database: MakerDatabase, folder: string): Promise<Readonly<Record<string, ManifestFile>>> {
  const files: Record<string, ManifestFile> = {}
  for (const output of [...DOMAIN_OUTPUTS, ...GOLD_OUTPUTS]) {
    const rows = await writeParquet(database, output, folder)
    files[output.path] = await describe(join(folder, output.path), rows)
  }
  for (const link of LINK_TABLES) {
    const path = `links/${link.id}.sssom.tsv`
    const { text, rows } = await linkTableText(database.connection, link)
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
    files[path] = await describe(join(folder, path), rows)
  }
  return files
}

/** Small row groups, so that a look-up by key reads little of the file. */
async function writeParquet(database: MakerDatabase, output: ParquetOutput, folder: string): Promise<number> {
  const path = join(folder, output.path)
  await mkdir(dirname(path), { recursive: true })
  const options = 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384'
  const result = await database.connection.run(`COPY (${output.query}) TO ${sqlText(path)} (${options})`)
  const [row] = await result.getRows()
  return Number(row?.[0] ?? 0)
}

async function describe(path: string, rows: number): Promise<ManifestFile> {
  const { size } = await stat(path)
  return { rows, bytes: size, sha256: await hashFile(path) }
}

async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of (await readdir(dataDir)).filter((entry) => entry.startsWith(MAKING_PREFIX))) {
    const path = join(dataDir, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}

/** The old manifest goes first and the new one comes last, so that no moment looks complete and is not. */
async function moveIntoPlace(making: string, dataDir: string): Promise<void> {
  await rm(join(dataDir, MANIFEST_FILE), { force: true })
  for (const folder of DEMO_FOLDERS) {
    await rm(join(dataDir, folder), { recursive: true, force: true })
    await rename(join(making, folder), join(dataDir, folder))
  }
  await rename(join(making, MANIFEST_FILE), join(dataDir, MANIFEST_FILE))
}
