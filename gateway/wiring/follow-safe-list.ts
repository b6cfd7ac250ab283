import { formatDiagnostic, GatewayError, invalid, ok, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseManifest, SafeList } from '../operation/index.ts'
import type { Log } from '../serve/index.ts'

/** The registered operations, kept up to date with their files. */
export interface FollowedSafeList extends Disposable {
  readonly current: () => SafeList
}

export interface SafeListOptions {
  /** Files, and folders of `*.json`, `*.graphql` and `*.gql`; absolute. */
  readonly paths: readonly string[]
  readonly log: Log
  /** How often the files are looked at; default 1,000 ms. */
  readonly pollMs?: number
}

/** Reads the registered operations. What changes later is taken over when all of it can be read, else the last good list stays. @throws CONFIG_INVALID */
export async function followSafeList({ paths, log, pollMs = 1_000 }: SafeListOptions): Promise<FollowedSafeList> {
  let seen = await signatureOf(paths)
  const first = await readSafeList(paths)
  if (first.kind === 'invalid') throw new GatewayError('CONFIG_INVALID', `The registered operations cannot be read:\n${first.diagnostics.map(formatDiagnostic).join('\n')}`)
  let current = first.value
  log.info('registered operations', { count: current.size })
  let looking = false
  const look = async (): Promise<void> => {
    const signature = await signatureOf(paths)
    if (signature === seen) return
    const next = await readSafeList(paths)
    seen = signature
    if (next.kind === 'ok') {
      current = next.value
      log.info('registered operations', { count: current.size })
    } else for (const finding of next.diagnostics) log.error('registered operations; the last good ones stay', { finding: formatDiagnostic(finding) })
  }
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look().catch((error: unknown) => log.error('registered operations; the last good ones stay', {}, error)).finally(() => { looking = false })
  }, pollMs)
  timer.unref()
  return { current: () => current, [Symbol.dispose]: () => clearInterval(timer) }
}

async function readSafeList(paths: readonly string[]): Promise<Result<SafeList>> {
  const results = await Promise.all((await listFiles(paths)).map(async (path) => {
    try {
      return parseManifest({ file: basename(path), text: await readFile(path, 'utf8') })
    } catch (error) {
      return invalid([unreadable(path, error)])
    }
  }))
  const diagnostics: readonly Diagnostic[] = results.flatMap((result) => result.kind === 'invalid' ? result.diagnostics : [])
  if (diagnostics.length > 0) return invalid(diagnostics)
  return ok(new SafeList(results.flatMap((result) => result.kind === 'ok' ? result.value : [])))
}

function unreadable(path: string, error: unknown): Diagnostic {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return { rule: 'operations-unreadable', severity: 'error', what: `${path} cannot be read (${code})`, expected: 'a file or a folder of registered operations' }
}

const MANIFEST = /\.(?:json|graphql|gql)$/

async function listFiles(paths: readonly string[]): Promise<readonly string[]> {
  const listed = await Promise.all(paths.map(async (path) => {
    const isFolder = await stat(path).then((found) => found.isDirectory(), () => false)
    return isFolder ? (await readdir(path, { recursive: true })).filter((name) => MANIFEST.test(name)).sort().map((name) => join(path, name)) : [path]
  }))
  return listed.flat()
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const files = await listFiles(paths)
  const signs = await Promise.all(files.map(async (file) => await stat(file).then(({ mtimeMs, size, ino }) => [file, mtimeMs, size, ino], () => [file])))
  return JSON.stringify(signs)
}
