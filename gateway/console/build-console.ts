import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const ROOM = import.meta.dirname

/** Where the built console lies; images and packages carry it. */
export const CONSOLE_DIST = join(ROOM, 'dist')

const STAMP = 'build.json'

/** Whether `dist` holds what these sources build to. O(size of the sources), a few milliseconds. */
export async function isConsoleBuilt(): Promise<boolean> {
  try {
    const stamp = JSON.parse(await readFile(join(CONSOLE_DIST, STAMP), 'utf8')) as { sources?: string }
    return stamp.sources === await hashSources()
  } catch {
    return false
  }
}

/** Bundles the console with Vite and puts it in place in one step, so that two builds at once leave one whole. */
export async function buildConsole(): Promise<void> {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  const outDir = await mkdtemp(join(ROOM, 'dist.partial-'))
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      root: join(ROOM, 'app'),
      plugins: [react()],
      worker: { format: 'es' },
      build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: Infinity, reportCompressedSize: false, modulePreload: { polyfill: false } },
    })
    await compressAssets(outDir)
    await writeFile(join(outDir, STAMP), JSON.stringify({ sources: await hashSources() }))
    await chmod(outDir, 0o755)
    await moveIntoPlace(outDir)
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

async function moveIntoPlace(outDir: string): Promise<void> {
  await rm(CONSOLE_DIST, { recursive: true, force: true })
  try {
    await rename(outDir, CONSOLE_DIST)
  } catch (error) {
    // Another build of the same sources was faster, and what it put there is as good.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** A gzip copy beside each text file: the editor is some megabytes, and a console may be far away. */
async function compressAssets(dir: string): Promise<void> {
  for (const file of globSync('**/*.{js,css,html,svg}', { cwd: dir })) {
    await writeFile(join(dir, `${file}.gz`), gzipSync(await readFile(join(dir, file)), { level: 6 }))
  }
}

/** Our own sources and the versions of what goes into the bundle. */
async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  const files = [...globSync('app/**/*', { cwd: ROOM, withFileTypes: true })].filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of [...files.sort(), join(ROOM, 'build-console.ts'), join(dirname(ROOM), 'package.json')]) {
    hash.update(file.slice(ROOM.length)).update('\0').update(await readFile(file)).update('\0')
  }
  return hash.digest('hex')
}
