import { GatewayError } from '@polyseme/kit/errors'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Writes the mesh for another router: a company that outgrows this gateway keeps its graph. */
export const supergraphExportCommand: Command = {
  name: 'supergraph export',
  summary: 'write the graph and configuration for other routers',
  usage: `polyseme supergraph export DIR [--lexicon DIR] [--crosswalk-url URL] [--jwks-url URL]

  DIR                 where the files are written; files of an earlier export are replaced
  --lexicon DIR       the mesh's lexicon: the crosswalk becomes a subgraph of its own
  --crosswalk-url URL where \`polyseme crosswalk serve\` will answer (default http://127.0.0.1:4190/graphql)
  --jwks-url URL      keys of the issuer of callers' tokens, for the routers' configuration
${REGISTRY_USAGE}`,
  maxPositionals: 1,
  options: {
    ...REGISTRY_OPTIONS, lexicon: { type: 'string' }, 'crosswalk-url': { type: 'string', default: 'http://127.0.0.1:4190/graphql' },
    'jwks-url': { type: 'string', default: 'https://issuer.example.com/jwks' },
  },
  run: async (args, io) => {
    const { options, positionals: [dir] } = args
    if (dir === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme supergraph export` needs a DIR')
    const client = await RegistryClient.open(args, io)
    const { deployment } = await client.supergraph({})
    const versions = await Promise.all(Object.entries(deployment.members).map(async ([subgraph, version]) => await client.subgraph({ subgraph, version })))
    const { exportSupergraph } = await import('../../main.ts')
    const { lexicon } = options
    const files = await exportSupergraph({
      versions, crosswalkUrl: String(options['crosswalk-url']), jwksUrl: String(options['jwks-url']),
      ...(typeof lexicon === 'string' ? { lexiconDir: resolve(io.cwd, lexicon) } : {}),
    })
    for (const { path, text } of files) {
      const file = join(resolve(io.cwd, dir), path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      io.out(`wrote ${relative(io.cwd, file)}`)
    }
    return 0
  },
}
