import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import type { GatewayConfig } from '../../main.ts'
import type { Command, CommandIo } from '../command.ts'
import { loadConfig } from '../load-config.ts'
import { untilStopped } from '../until-stopped.ts'

/** Serves a real mesh: everything it needs stands in a file, nothing is made up. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve the mesh that a configuration file describes',
  usage: `polyseme serve --config mesh.yaml [--workers N] [--check]

  --config FILE   the mesh: issuers, subgraphs, lexicon (see docs/mesh.md)
  --workers N     processes that answer, on one port, 1 to 64; comes before what the file says
  --check         only say what is wrong with the file, and with the contracts, the lexicon and the governance file that it names

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
    if (options['check'] === true) return await checkFiles(file, config, io)
    const { createLog, startGateway } = await import('../../main.ts')
    const gateway = await startGateway({ ...config, ...(workers === undefined ? {} : { workers }) }, { log: createLog(io.err) })
    io.out(`ready ${gateway.url}`)
    await untilStopped(io.signal)
    await gateway.close()
    return 0
  },
}

async function checkFiles(file: string, config: GatewayConfig, io: CommandIo): Promise<number> {
  const { findFileFaults } = await import('../../main.ts')
  const faults = await findFileFaults(config)
  for (const finding of faults) io.err(formatDiagnostic(finding))
  if (faults.length === 0) io.out(`${file}: ${config.subgraphs.length} subgraphs, ${config.issuers.length} issuers, no findings`)
  else io.err(`error CONFIG_INVALID: the files that ${file} names have ${faults.length} finding${faults.length === 1 ? '' : 's'}`)
  return faults.length === 0 ? 0 : 1
}

function readWorkers(text: string | boolean | readonly (string | boolean)[] | undefined): number | undefined {
  if (text === undefined) return undefined
  const workers = Number(text)
  if (Number.isInteger(workers) && workers >= 1 && workers <= 64) return workers
  throw new GatewayError('COMMAND_INVALID', '`--workers` is a whole number from 1 to 64')
}
