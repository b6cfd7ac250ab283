import { GatewayError } from '@polyseme/kit/errors'
import { formatChanges, type SubgraphVersion } from '../../registry/index.ts'
import type { Command } from '../command.ts'
import { oneLine } from '../one-line.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Says what changed between two versions of a domain, for those who use it. */
export const diffCommand: Command = {
  name: 'diff',
  summary: 'say what changed between two versions of a domain',
  usage: `polyseme diff DOMAIN [FROM TO]

  FROM TO         versions (default: the newest and the one before)
${REGISTRY_USAGE}`,
  maxPositionals: 3,
  options: REGISTRY_OPTIONS,
  run: async (args, io) => {
    const [subgraph, ...numbers] = args.positionals
    if (subgraph === undefined || numbers.length === 1 || numbers.some((number) => !/^[1-9]\d{0,8}$/.test(number))) throw new GatewayError('COMMAND_INVALID', '`polyseme diff` needs a DOMAIN, and the numbers of two versions or none')
    const client = await RegistryClient.open(args, io)
    const [from, to] = await versionsOf(client, subgraph, numbers.map(Number))
    const { compareVersions } = await import('../../main.ts')
    const changes = await compareVersions(from, to)
    if (args.options['json'] === true) io.out(JSON.stringify(changes, null, 2))
    else {
      io.out(`${subgraph}: version ${from.version} (${from.publishedAt.slice(0, 10)}, ${oneLine(from.publishedBy)}) → ${to.version} (${to.publishedAt.slice(0, 10)}, ${oneLine(to.publishedBy)}: ${oneLine(to.message)})`)
      for (const line of formatChanges(changes)) io.out(line)
      if (changes.length === 0) io.out('nothing that a consumer could notice')
    }
    return 0
  },
}

async function versionsOf(client: RegistryClient, subgraph: string, numbers: readonly number[]): Promise<readonly [SubgraphVersion, SubgraphVersion]> {
  const [from, to] = numbers
  const newest = await client.subgraph({ subgraph, ...(to === undefined ? {} : { version: to }) })
  if (from === undefined && newest.version === 1) throw new GatewayError('NOT_FOUND', `"${subgraph}" has one version only`)
  return [await client.subgraph({ subgraph, version: from ?? newest.version - 1 }), newest]
}
