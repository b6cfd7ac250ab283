import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '@polyseme/kit/errors'

/** The sole right to write to a folder, held by this process. */
export interface FolderLock {
  release(): Promise<void>
}

const LOCK_FILE = 'writer.lock'
const held = new Set<string>()

/** Takes the right to write; one that a killed process left behind is taken over. @throws CONFIG_INVALID */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const path = join(dir, LOCK_FILE)
  const draft = join(dir, `${LOCK_FILE}.${randomUUID()}`)
  await writeFile(draft, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // A link appears with its content, so that nobody reads a lock without an owner.
      if (await tryLink(draft, path)) {
        held.add(path)
        return {
          release: async () => {
            held.delete(path)
            await rm(path, { force: true })
          },
        }
      }
      const [pid = '', start = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ')
      if (held.has(path) || (Number(pid) !== process.pid && pid !== '' && (await startOf(Number(pid))) === start)) {
        throw new GatewayError('CONFIG_INVALID', `Another process (${pid}) writes to ${dir}.`)
      }
      await rm(path, { force: true })
    }
    throw new GatewayError('CONFIG_INVALID', `${path} cannot be taken over.`)
  } finally {
    await rm(draft, { force: true })
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** When a process began, in the kernel's ticks: process ids are used again, above all in containers. `alive` where that is not known, empty when there is no such process. */
async function startOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return ''
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in brackets and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'alive'
}
