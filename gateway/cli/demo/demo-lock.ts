import { GatewayError } from '@polyseme/kit/errors'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const FILE_NAME = 'demo.lock'

/**
 * Makes this process the only demo on a data directory.
 *
 * The operating system holds the lock and ends it with the process, however that ended, so no other process that happens to
 * have the same number is taken for a demo. The file is a SQLite database because Node has no other way to lock one.
 *
 * @throws DEMO_RUNNING
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  const file = join(dataDir, FILE_NAME)
  const database = await openLock(file)
  try {
    database.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)')
    database.prepare('DELETE FROM holder').run()
    database.prepare('INSERT INTO holder VALUES (?)').run(process.pid)
    // Committed, so that others can read it; whoever comes in between has the lock, and this process does not.
    database.exec('COMMIT; BEGIN IMMEDIATE')
  } catch (error) {
    const holder = readHolder(database)
    database.close()
    if (!isBusy(error)) throw error
    throw new GatewayError('DEMO_RUNNING', `a demo (process ${holder}) already runs on the data directory ${dataDir} and holds ${file}; stop it, or name another with --data-dir`, { cause: error })
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(file, { force: true })
      database.close()
    },
  }
}

/** What is no database is of an earlier version, or was damaged; nobody can hold it. */
async function openLock(file: string): Promise<DatabaseSync> {
  const opened = new DatabaseSync(file, { timeout: 0 })
  try {
    opened.prepare('SELECT count(*) FROM sqlite_master').get()
    return opened
  } catch (error) {
    if (isBusy(error)) return opened
    opened.close()
    await rm(file, { force: true })
    return new DatabaseSync(file, { timeout: 0 })
  }
}

function readHolder(database: DatabaseSync): string {
  try {
    return String(database.prepare('SELECT pid FROM holder').get()?.['pid'] ?? 'unknown')
  } catch {
    return 'unknown'
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY
}
