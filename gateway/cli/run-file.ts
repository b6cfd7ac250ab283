import { GatewayError } from '@polyseme/kit/errors'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the parts of a running demo are; written once it is ready, removed when it stops. */
export interface RunFile {
  readonly pid: number
  readonly gatewayUrl: string
  readonly issuerUrl: string
  readonly domains: readonly RunningDomain[]
}

export interface RunningDomain {
  readonly name: string
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Shell command that starts this domain again on the same port. */
  readonly restart: string
}

const FILE_NAME = 'run.json'

/** Replaces the file in one step: a reader sees all of it or none. */
export async function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  const file = join(dataDir, FILE_NAME)
  await writeFile(`${file}.partial`, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.partial`, file)
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, FILE_NAME), { force: true })
}

/** The demo that runs on this data directory; undefined when none does, also when one was killed and left its file. */
export async function findRunningDemo(dataDir: string): Promise<RunFile | undefined> {
  const run = await readRunFile(join(dataDir, FILE_NAME))
  return run !== undefined && isAlive(run.pid) ? run : undefined
}

/** @throws DEMO_NOT_RUNNING */
export async function getRunningDemo(dataDir: string): Promise<RunFile> {
  const run = await findRunningDemo(dataDir)
  if (run === undefined) throw new GatewayError('DEMO_NOT_RUNNING', `no demo runs on the data directory ${dataDir}; start one with \`npm start\` or name its directory with --data-dir`)
  return run
}

async function readRunFile(file: string): Promise<RunFile | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const run = JSON.parse(text) as Partial<RunFile> | null
    return typeof run?.pid === 'number' && typeof run.issuerUrl === 'string' ? (run as RunFile) : undefined
  } catch {
    // A damaged file says nothing about a running demo, and the next start replaces it.
    return undefined
  }
}

/** Whether a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
