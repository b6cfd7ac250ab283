import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(join(import.meta.dirname, 'others', 'package.json'))

/** Whether a package of `others` is installed; the bench leaves its row out when it is not. */
export function isInstalled(name: string): boolean {
  return existsSync(join(import.meta.dirname, 'others', 'node_modules', name, 'package.json'))
}

/** What a package of `others` exports. */
export async function importInstalled(name: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(pathToFileURL(require.resolve(name)).href) as Readonly<Record<string, unknown>>
}

/** Path of a file of a package of `others`. */
export function installedFile(name: string, file: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), file)
}
