import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isConsoleBuilt } from './build-console.ts'

/**
 * Builds the console unless `dist` is what the sources say; about 3 s. In a process of its own: the bundler takes some
 * hundred megabytes that a gateway has better uses for.
 *
 * @throws Error with the bundler's words
 */
export async function ensureConsole(onBuild: () => void): Promise<void> {
  if (await isConsoleBuilt()) return
  onBuild()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'build.ts')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [words, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (code !== 0) throw new Error(`the console could not be built: ${words}`)
}
