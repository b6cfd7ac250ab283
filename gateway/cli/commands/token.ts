import { GatewayError } from '@polyseme/kit/errors'
import { join, resolve } from 'node:path'
import { findPersona, loadIssuerKeys, PERSONAS, signPersonaToken } from '../../issuer/index.ts'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { getRunningDemo } from '../run-file.ts'

const NAMES = PERSONAS.map((persona) => persona.id).join(', ')

/** Prints a token of the running demo's issuer, for `curl` and for tools. Reads the issuer's key, so it works only for who owns the data directory. */
export const tokenCommand: Command = {
  name: 'token',
  summary: 'print an access token of the running demo',
  usage: `polyseme token --as PERSONA [--data-dir DIR]

  --as PERSONA     ${NAMES}
  --data-dir DIR   the demo's data directory (default ${DEFAULT_DATA_DIR})

  curl -H "Authorization: Bearer $(polyseme token --as analyst)" …`,
  maxPositionals: 0,
  options: { as: { type: 'string' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } },
  run: async ({ options }, io) => {
    const id = options['as']
    if (typeof id !== 'string') throw new GatewayError('COMMAND_INVALID', `\`polyseme token\` needs --as PERSONA; the personas are ${NAMES}`)
    const persona = findPersona(id)
    if (persona === undefined) throw new GatewayError('COMMAND_INVALID', `there is no persona "${id}"; the personas are ${NAMES}`)
    const dataDir = resolve(io.cwd, String(options['data-dir']))
    const demo = await getRunningDemo(dataDir)
    io.out(await signPersonaToken(persona, { issuer: demo.issuerUrl, keys: await loadIssuerKeys(join(dataDir, 'keys')) }))
    return 0
  },
}
