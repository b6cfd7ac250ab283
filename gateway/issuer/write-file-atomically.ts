import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes beside the file and renames, so that a reader sees the old content or the new, never a part. */
export async function writeFileAtomically(file: string, content: string, mode = 0o644): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  try {
    await writeFile(partial, content, { mode })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
