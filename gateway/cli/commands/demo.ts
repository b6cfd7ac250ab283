import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { readPort } from '../read-port.ts'

/** `npm start`: the whole mesh on this machine, with data of its own. */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'run a whole mesh on this machine: four domains, issuer, gateway, console',
  usage: `polyseme demo [--port N] [--data-dir DIR] [--quiet]

  --port N         port of the gateway on 127.0.0.1 (default 4000); 0: any free one
  --data-dir DIR   where data, keys and links are made (default ${DEFAULT_DATA_DIR})
  --quiet          print nothing but the ready line

  Ready when the line \`ready http://127.0.0.1:4000\` appears. Ctrl-C stops all of it.`,
  maxPositionals: 0,
  options: { 'port': { type: 'string', default: '4000' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR }, 'quiet': { type: 'boolean', default: false } },
  run: async ({ options }, io) => {
    const port = readPort(options['port'])
    const { runDemo } = await import('../demo/run-demo.ts')
    await runDemo({ port, dataDir: resolve(io.cwd, String(options['data-dir'])), quiet: options['quiet'] === true }, io)
    return 0
  },
}
