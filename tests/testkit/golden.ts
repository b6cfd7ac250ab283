import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect } from 'vitest'

/** Compares a text with a file of the repository; `UPDATE_GOLDEN=1 npm test` writes the file instead. */
export async function expectGolden(file: string, actual: string): Promise<void> {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, actual)
  }
  expect(actual, `${file}; UPDATE_GOLDEN=1 writes it`).toBe(await readFile(file, 'utf8'))
}
