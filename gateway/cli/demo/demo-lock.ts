import { GatewayError } from '@polyseme/kit/errors'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../run-file.ts'

const FILE_NAME = 'demo.lock'

/**
 * Makes this process the only demo on a data directory; the lock of one that was killed is taken over.
 *
 * @throws DEMO_RUNNING
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  const file = join(dataDir, FILE_NAME)
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (pid > 0 && isAlive(pid)) throw new GatewayError('DEMO_RUNNING', `a demo (process ${pid}) already runs on the data directory ${dataDir}; stop it, or name another with --data-dir`, { cause: error })
    await writeFile(file, String(process.pid))
  }
  return { [Symbol.asyncDispose]: async () => await rm(file, { force: true }) }
}
