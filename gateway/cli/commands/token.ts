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
  usage: `polyseme token --as PERSONA [--scope SCOPE…] [--data-dir DIR]

  --as PERSONA     ${NAMES}
  --scope SCOPE    a further scope, for a domain of your own: shop:read; may be given several times
  --data-dir DIR   the demo's data directory (default ${DEFAULT_DATA_DIR})

  curl -H "Authorization: Bearer $(polyseme token --as analyst)" …`,
  maxPositionals: 0,
  options: { as: { type: 'string' }, scope: { type: 'string', multiple: true }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } },
  run: async ({ options }, io) => {
    const id = options['as']
    if (typeof id !== 'string') throw new GatewayError('COMMAND_INVALID', `\`polyseme token\` needs --as PERSONA; the personas are ${NAMES}`)
    const persona = findPersona(id)
    if (persona === undefined) throw new GatewayError('COMMAND_INVALID', `there is no persona "${id}"; the personas are ${NAMES}`)
    const dataDir = resolve(io.cwd, String(options['data-dir']))
    const demo = await getRunningDemo(dataDir)
    const further = options['scope']
    const scopes = [...persona.scopes, ...(Array.isArray(further) ? further.map(String) : [])]
    io.out(await signPersonaToken({ ...persona, scopes }, { issuer: demo.issuerUrl, keys: await loadIssuerKeys(join(dataDir, 'keys')) }))
    return 0
  },
}
