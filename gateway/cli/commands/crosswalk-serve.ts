import { GatewayError } from '@polyseme/kit/errors'
import type { Command } from '../command.ts'
import { loadConfig } from '../load-config.ts'
import { readPort } from '../read-port.ts'
import { untilStopped } from '../until-stopped.ts'

/** Serves the crosswalk by itself, and translates for foreign subgraphs, for another router over the exported supergraph. */
export const crosswalkServeCommand: Command = {
  name: 'crosswalk serve',
  summary: 'serve the crosswalk as a subgraph for another router',
  usage: `polyseme crosswalk serve --config mesh.yaml [--port N]

  --config FILE   the mesh, as for \`polyseme serve\`; give it a data directory of its own
  --port N        default 4190

  Prints \`ready http://HOST:PORT\` when it answers. Only calls that are signed with the mesh's key are answered.`,
  maxPositionals: 0,
  options: { config: { type: 'string' }, port: { type: 'string', default: '4190' } },
  run: async ({ options }, io) => {
    const file = options['config']
    if (typeof file !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme crosswalk serve` needs --config FILE')
    const config = await loadConfig(file, io)
    if (config === undefined) return 1
    if (config.lexiconDir === undefined && config.registry === undefined) throw new GatewayError('CONFIG_INVALID', `${file} names neither a lexicon nor a registry, so there is no crosswalk and nothing to translate`)
    const { createLog, startCrosswalk } = await import('../../main.ts')
    const crosswalk = await startCrosswalk({ ...config, port: readPort(options['port']) }, { log: createLog(io.err) })
    io.out(`ready ${crosswalk.url}`)
    await untilStopped(io.signal)
    await crosswalk.close()
    return 0
  },
}
