import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { createLog, startGateway, type GatewayConfig, type RunningGateway } from '../../gateway/main.ts'
import { askGraphql, type MeshAnswer } from './gateway-mesh.ts'

const ISSUER = 'https://issuer.test'

/** A gateway with a registry and nothing in it, and a folder for what a test publishes. */
export interface EmptyMesh extends AsyncDisposable {
  readonly url: string
  readonly folder: string
  readonly keysDir: string
  /** Lines of the gateway's log. */
  readonly log: readonly string[]
  readonly token: (scopes: readonly string[], roles?: readonly string[]) => Promise<string>
  readonly ask: (query: string, scopes: readonly string[], headers?: Readonly<Record<string, string>>) => Promise<MeshAnswer>
  /** Runs a command of `polyseme` as somebody with these scopes. */
  readonly polyseme: (scopes: readonly string[], ...argv: readonly string[]) => Promise<{ readonly code: number; readonly output: string }>
  /** Stops the gateway and starts another on the same folder, with what changed in its configuration. */
  readonly restart: (changes?: Partial<GatewayConfig>) => Promise<void>
}

export async function startEmptyMesh(changes: Partial<GatewayConfig> = {}): Promise<EmptyMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-empty-'))
  const keysDir = join(folder, 'keys')
  const keys = await loadIssuerKeys(keysDir)
  const lines: string[] = []
  const config: GatewayConfig = {
    environment: 'development', host: '127.0.0.1', port: 0, dataDir: folder, keysDir, subgraphs: [],
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwks: { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) } }],
    registry: { kind: 'sqlite', file: join(folder, 'registry.sqlite') },
    ...changes,
  }
  const start = async (overrides: Partial<GatewayConfig>): Promise<RunningGateway> => await startGateway({ ...config, ...overrides }, { log: createLog((line) => lines.push(line)) })
  let gateway = await start({})
  const token = async (scopes: readonly string[], roles: readonly string[] = []): Promise<string> => await signPersonaToken({ id: 'tester', summary: '', scopes, roles, claims: {} }, { issuer: ISSUER, keys })
  return {
    get url() {
      return gateway.url
    },
    folder, keysDir, log: lines, token,
    ask: async (query, scopes, headers = {}) => await askGraphql(`${gateway.url}/graphql`, { query }, await token(scopes), headers),
    polyseme: async (scopes, ...argv) => {
      const output: string[] = []
      const write = (line: string): void => void output.push(line)
      const env = { POLYSEME_REGISTRY: gateway.url, POLYSEME_TOKEN: await token(scopes) }
      const code = await runCommandLine([...argv], { out: write, err: write, env, cwd: folder, signal: new AbortController().signal })
      return { code, output: output.join('\n') }
    },
    restart: async (overrides = {}) => {
      await gateway.close()
      gateway = await start(overrides)
    },
    [Symbol.asyncDispose]: async () => {
      await gateway.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
