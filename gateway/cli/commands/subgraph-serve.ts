import { formatDiagnostic, GatewayError, type Diagnostic } from '@polyseme/kit/errors'
import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { untilStopped } from '../until-stopped.ts'

/** Serves a domain from its contracts until it is told to end. */
export const subgraphServeCommand: Command = {
  name: 'subgraph serve',
  summary: 'serve a domain\'s data products as a subgraph',
  usage: `polyseme subgraph serve DIR [--port N] [--host HOST] [--data-dir DIR] [--trust FILE|URL]
                             [--name NAME] [--max-operations N] [--json]

  DIR         folder with the domain's *.odcs.yaml, and extensions.graphql and extensions.ts if it has fields of its own
  --port      port to listen on; default 0: any free one
  --host      address to listen on; default 127.0.0.1
  --data-dir  where the data are; default ${DEFAULT_DATA_DIR}
  --trust     the gateway's public keys (JWKS), a file or where the gateway publishes them; default keys/gateway-public.jwks.json in the data directory
  --name      name under which the gateway knows the subgraph; default: the contracts' domain
  --max-operations  operations under way at a time, those included that wait for the data; further ones are refused
              (OVERLOADED, HTTP 503); default 1024
  --json      findings and the line that says it is ready as JSON, one document a line: { ready, url, domain }

  Prints \`ready http://HOST:PORT\` when it answers. Only calls that the gateway signed are answered.`,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    'data-dir': { type: 'string' },
    trust: { type: 'string' },
    name: { type: 'string' },
    'max-operations': { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async ({ options, positionals }, io) => {
    const [dir] = positionals
    if (dir === undefined || positionals.length > 1) throw new GatewayError('COMMAND_INVALID', '`polyseme subgraph serve` needs one DIR')
    const { loadDomain, loadExtensionCode, loadOrCreateCursorSecret, startSubgraph } = await import('@polyseme/kit/subgraph')
    const loaded = await loadDomain(resolve(io.cwd, dir))
    const diagnostics = loaded.kind === 'ok' ? loaded.warnings : loaded.diagnostics
    const format = options['json'] === true ? (diagnostic: Diagnostic): string => JSON.stringify(diagnostic) : formatDiagnostic
    for (const diagnostic of diagnostics) if (diagnostic.severity !== 'info') io.err(format(diagnostic))
    if (loaded.kind === 'invalid') return 1
    const { dir: folder, extensions: added } = loaded.value
    const extensions = added === undefined ? undefined : await loadExtensionCode(folder, added)
    if (extensions?.kind === 'invalid') {
      for (const diagnostic of extensions.diagnostics) io.err(format(diagnostic))
      return 1
    }
    const dataDir = resolve(io.cwd, textOf(options['data-dir']) ?? DEFAULT_DATA_DIR)
    const domain = textOf(options['name']) ?? loaded.value.domain
    const running = await startSubgraph({
      products: loaded.value.products,
      ...(extensions === undefined ? {} : { extensions: extensions.value }),
      domain,
      dataDir,
      trust: trustOf(textOf(options['trust']), { cwd: io.cwd, dataDir }),
      host: textOf(options['host']) ?? '127.0.0.1',
      port: readPort(textOf(options['port'])),
      ...maxOperationsOf(textOf(options['max-operations'])),
      measurePromises: true,
      cursorSecret: await loadOrCreateCursorSecret(dataDir, domain),
      report: (notice) => io.err(`${notice.kind}: ${notice.message}`),
    })
    const url = new URL(running.url).origin
    io.out(options['json'] === true ? JSON.stringify({ ready: true, url, domain }) : `ready ${url}`)
    await untilStopped(io.signal)
    await running.close()
    return 0
  },
}

function trustOf(option: string | undefined, { cwd, dataDir }: { readonly cwd: string; readonly dataDir: string }): string | URL {
  if (option === undefined) return `${dataDir}/keys/gateway-public.jwks.json`
  return /^https?:\/\//.test(option) ? new URL(option) : resolve(cwd, option)
}

function textOf(option: unknown): string | undefined {
  return typeof option === 'string' ? option : undefined
}

function maxOperationsOf(text: string | undefined): { readonly maxOperations?: number } {
  if (text === undefined) return {}
  if (/^[1-9]\d{0,5}$/.test(text)) return { maxOperations: Number(text) }
  throw new GatewayError('COMMAND_INVALID', `--max-operations is ${text}; it is a whole number from 1 to 999999`)
}

function readPort(text: string | undefined): number {
  if (text === undefined) return 0
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new GatewayError('COMMAND_INVALID', '--port is a number from 0 to 65535')
}
