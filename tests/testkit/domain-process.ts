import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DomainStart, StartedDomain } from './gateway-mesh.ts'

const POLYSEME = join(import.meta.dirname, '../../gateway/cli/polyseme.ts')
const READY_TIMEOUT_MS = 30_000

/** Starts a domain as `polyseme subgraph serve` does, in a process of its own; `stop` kills it without notice. */
export async function startDomainProcess({ dir, sourceDir, keysDir, port }: DomainStart): Promise<StartedDomain> {
  const args = [POLYSEME, 'subgraph', 'serve', dir, '--port', String(port), '--data-dir', sourceDir, '--trust', join(keysDir, 'gateway-public.jwks.json')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, APOLLO_TELEMETRY_DISABLED: '1' } })
  // A test run that ends early leaves nobody behind.
  const killIt = (): void => void child.kill('SIGKILL')
  process.once('exit', killIt)
  child.once('exit', () => process.removeListener('exit', killIt))
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  const lines = createInterface({ input: child.stdout })
  const ready = (async () => {
    for await (const line of lines) if (line.startsWith('ready ')) return new URL(line.slice('ready '.length))
    throw new Error(`${dir} ended before it was ready: ${said.join('\n')}`)
  })()
  const timeout = AbortSignal.timeout(READY_TIMEOUT_MS)
  const late = once(timeout, 'abort').then(() => {
    throw new Error(`${dir} was not ready in ${READY_TIMEOUT_MS} ms: ${said.join('\n')}`)
  })
  const origin = await Promise.race([ready, late]).catch((error: unknown) => {
    killIt()
    throw error
  })
  return {
    url: `${origin.origin}/graphql`,
    port: Number(origin.port),
    pid: child.pid,
    stop: async () => {
      killIt()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
