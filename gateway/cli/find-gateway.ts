import { GatewayError } from '@polyseme/kit/errors'
import { join, resolve } from 'node:path'
import type { CommandArguments, CommandIo } from './command.ts'
import { findRunningDemo } from './run-file.ts'

/** A gateway, and as whom it is asked. */
export interface FoundGateway {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
}

/** How a command names the gateway that it asks. */
export interface GatewayNaming {
  /** What is asked for: `registry`. */
  readonly what: string
  /** Option and environment variables that say where it is. */
  readonly option: string
  readonly variables: readonly string[]
}

/**
 * The gateway that the command line or the environment names, else the running demo's; the token stands in `POLYSEME_TOKEN`,
 * or is one of the demo's persona that `--as` names.
 *
 * @throws COMMAND_INVALID when nothing says which gateway and who asks · DEMO_NOT_RUNNING
 */
export async function findGateway({ options }: CommandArguments, io: CommandIo, { what, option, variables }: GatewayNaming): Promise<FoundGateway> {
  const dataDir = resolve(io.cwd, String(options['data-dir']))
  const demo = await findRunningDemo(dataDir)
  const url = options[option] ?? variables.map((name) => io.env[name]).find((value) => value !== undefined) ?? demo?.gatewayUrl
  if (typeof url !== 'string' || url === '') throw new GatewayError('COMMAND_INVALID', `which ${what}? give --${option} URL or ${variables[0]}, or start the demo with \`npm start\``)
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new GatewayError('COMMAND_INVALID', `"${url}" is no address of a ${what}; give --${option} as https://… or http://…`)
  // Whoever knows the graph's address knows the gateway's.
  const found = url.replace(/\/+$/, '').replace(/\/(?:graphql|registry)$/, '')
  const persona = options['as']
  if (typeof persona === 'string') {
    if (demo === undefined) throw new GatewayError('DEMO_NOT_RUNNING', '--as works with the running demo only; otherwise put a token into POLYSEME_TOKEN')
    return { url: found, token: await demoToken(persona, { issuer: demo.issuerUrl, dataDir }) }
  }
  const token = io.env['POLYSEME_TOKEN']?.trim().replace(/^Bearer\s+/i, '')
  if (token === undefined || token === '') throw new GatewayError('COMMAND_INVALID', 'who asks? put an access token into POLYSEME_TOKEN, or with the demo give --as PERSONA')
  if (!/^[\x21-\x7e]+$/.test(token)) throw new GatewayError('COMMAND_INVALID', 'what POLYSEME_TOKEN holds is no access token: it has spaces or letters that none has')
  return { url: found, token }
}

async function demoToken(id: string, { issuer, dataDir }: { readonly issuer: string; readonly dataDir: string }): Promise<string> {
  const { findPersona, loadIssuerKeys, PERSONAS, signPersonaToken } = await import('../issuer/index.ts')
  const persona = findPersona(id)
  if (persona === undefined) throw new GatewayError('COMMAND_INVALID', `there is no persona "${id}"; the personas are ${PERSONAS.map((one) => one.id).join(', ')}`)
  return await signPersonaToken(persona, { issuer, keys: await loadIssuerKeys(join(dataDir, 'keys')) })
}
