import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const POLYSEME = join(import.meta.dirname, '../../gateway/cli/polyseme.mjs')

/** A running `polyseme serve`. */
export interface ServeProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Lines of its log so far. */
  readonly log: readonly string[]
  /** Process ids of its workers. Linux only. */
  readonly workers: () => Promise<readonly number[]>
  /** Sends a signal and waits for the end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Writes `mesh.yaml` into a folder and serves it, in a process of its own. */
export async function startServe(folder: string, meshYaml: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<ServeProcess> {
  await writeFile(join(folder, 'mesh.yaml'), meshYaml)
  // The channel ends with this process, and `polyseme` with the channel.
  const child = spawn(process.execPath, [POLYSEME, 'serve', '--config', 'mesh.yaml', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...env } })
  child.channel?.unref()
  const { stdout, stderr, pid } = child
  if (stdout === null || stderr === null || pid === undefined) throw new TypeError('started with pipes')
  const log: string[] = []
  createInterface(stderr).on('line', (line) => log.push(line))
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(stdout).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length))
    })
    child.once('close', () => reject(new Error(`it ended before it was ready: ${log.join('\n')}`)))
  })
  const stop: ServeProcess['stop'] = async (signal = 'SIGTERM') => {
    child.kill(signal)
    const [code, endSignal] = await ended
    return { code, signal: endSignal }
  }
  return {
    url, pid, log, stop,
    workers: async () => (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter((text) => text !== '').map(Number),
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  }
}
