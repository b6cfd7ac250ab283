import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { GatewayConfig } from '../../main.ts'
import type { Command, CommandIo } from '../command.ts'
import { untilStopped } from '../until-stopped.ts'

/** Serves a real mesh: everything it needs stands in a file, nothing is made up. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve the mesh that a configuration file describes',
  usage: `polyseme serve --config mesh.yaml [--check]

  --config FILE   the mesh: issuers, subgraphs, lexicon (see docs/mesh.md)
  --check         only say what is wrong with the file

  In the file, \${NAME} and \${NAME:-default} stand for the environment's value.
  POLYSEME_HOST, POLYSEME_PORT and POLYSEME_DATA_DIR come before the file.`,
  maxPositionals: 0,
  options: { config: { type: 'string' }, check: { type: 'boolean' } },
  run: async ({ options }, io) => {
    const file = options['config']
    if (typeof file !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme serve` needs --config FILE')
    const config = await loadConfig(file, io)
    if (config === undefined) return 1
    if (options['check'] === true) {
      io.out(`${file}: ${config.subgraphs.length} subgraphs, ${config.issuers.length} issuers, no findings`)
      return 0
    }
    const { createLog, startGateway } = await import('../../main.ts')
    const gateway = await startGateway(config, { log: createLog(io.err) })
    io.out(`ready ${gateway.url}`)
    await untilStopped(io.signal)
    await gateway.close()
    return 0
  },
}

/** Undefined when there are findings, which are printed. */
async function loadConfig(file: string, io: CommandIo): Promise<GatewayConfig | undefined> {
  const path = resolve(io.cwd, file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', `there is no configuration file ${file}`, { cause: error })
  }
  const { parseMeshConfig } = await import('../mesh-config.ts')
  const result = parseMeshConfig(text, { file: relative(io.cwd, path), dir: dirname(path), env: io.env })
  if (result.kind === 'ok') return result.value
  for (const diagnostic of result.diagnostics) io.err(formatDiagnostic(diagnostic))
  io.err(`error CONFIG_INVALID: ${file} has ${result.diagnostics.length} finding${result.diagnostics.length === 1 ? '' : 's'}`)
  return undefined
}
