import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, one by one from the first that is there.
 *
 * Not `mkdir` with `recursive`: where a file system makes no folders (`/proc`), that never ends.
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = folder; !(await isThere(at)); at = dirname(at)) missing.unshift(at)
  if (missing.length === 0 && !(await stat(folder)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR', path: folder })
  for (const one of missing) await makeOne(one)
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return false
    throw error
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    // Somebody else made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
