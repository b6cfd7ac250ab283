import { GatewayError } from '@polyseme/kit/errors'
import type { Command } from '../command.ts'
import { loadConfig } from '../load-config.ts'
import { untilStopped } from '../until-stopped.ts'

/** Serves a real mesh: everything it needs stands in a file, nothing is made up. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve the mesh that a configuration file describes',
  usage: `polyseme serve --config mesh.yaml [--workers N] [--check]

  --config FILE   the mesh: issuers, subgraphs, lexicon (see docs/mesh.md)
  --workers N     processes that answer, on one port, 1 to 64; comes before what the file says
  --check         only say what is wrong with the file

  In the file, \${NAME} and \${NAME:-default} stand for the environment's value.
  POLYSEME_HOST, POLYSEME_PORT and POLYSEME_DATA_DIR come before the file.`,
  maxPositionals: 0,
  options: { config: { type: 'string' }, workers: { type: 'string' }, check: { type: 'boolean' } },
  run: async ({ options }, io) => {
    const file = options['config']
    if (typeof file !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme serve` needs --config FILE')
    const workers = readWorkers(options['workers'])
    const config = await loadConfig(file, io)
    if (config === undefined) return 1
    if (options['check'] === true) {
      io.out(`${file}: ${config.subgraphs.length} subgraphs, ${config.issuers.length} issuers, no findings`)
      return 0
    }
    const { createLog, startGateway } = await import('../../main.ts')
    const gateway = await startGateway({ ...config, ...(workers === undefined ? {} : { workers }) }, { log: createLog(io.err) })
    io.out(`ready ${gateway.url}`)
    await untilStopped(io.signal)
    await gateway.close()
    return 0
  },
}

function readWorkers(text: string | boolean | readonly (string | boolean)[] | undefined): number | undefined {
  if (text === undefined) return undefined
  const workers = Number(text)
  if (Number.isInteger(workers) && workers >= 1 && workers <= 64) return workers
  throw new GatewayError('COMMAND_INVALID', '`--workers` is a whole number from 1 to 64')
}
