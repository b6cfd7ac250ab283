import { GatewayError } from '@polyseme/kit/errors'
import { join, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { readPort } from '../read-port.ts'
import { untilStopped } from '../until-stopped.ts'

/** The development issuer by itself, for images; `polyseme demo` has its own. */
export const issuerCommand: Command = {
  name: 'issuer',
  summary: 'run the development issuer: anyone can sign in as anyone',
  usage: `polyseme issuer --public-url URL --console-origin ORIGIN… [--host HOST] [--port N] [--data-dir DIR]

  --public-url URL         how browsers reach it, and what tokens say: http://localhost:4001
  --console-origin ORIGIN  where the console is opened: http://localhost:4000; may be given several times
  --host HOST              address to listen on (default 127.0.0.1)
  --port N                 port to listen on (default 4001)
  --data-dir DIR           its keys are in keys/ (default ${DEFAULT_DATA_DIR})

  For development only; it does not start with NODE_ENV=production.`,
  maxPositionals: 0,
  options: {
    'public-url': { type: 'string' },
    'console-origin': { type: 'string', multiple: true },
    'host': { type: 'string', default: '127.0.0.1' },
    'port': { type: 'string', default: '4001' },
    'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
  },
  run: async ({ options }, io) => {
    const publicUrl = options['public-url']
    const origins = options['console-origin']
    if (typeof publicUrl !== 'string' || !Array.isArray(origins)) throw new GatewayError('COMMAND_INVALID', '`polyseme issuer` needs --public-url URL and --console-origin ORIGIN')
    const { startIssuer } = await import('../../issuer/index.ts')
    const issuer = await startIssuer({
      keysDir: join(resolve(io.cwd, String(options['data-dir'])), 'keys'),
      consoleOrigins: origins.map(String),
      host: String(options['host']),
      port: readPort(options['port']),
      publicUrl,
      env: io.env,
    })
    io.err('DEVELOPMENT ONLY: anyone who reaches this issuer can sign in as anyone')
    io.out(`ready ${issuer.url}`)
    await untilStopped(io.signal)
    await issuer.close()
    return 0
  },
}
