import { GatewayError } from '@polyseme/kit/errors'
import type { Command, CommandArguments } from '../command.ts'
import { messageOf, PUBLISH_OPTIONS, publishArtifact, reportCheck } from '../publish-artifact.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Takes an existing subgraph, in whatever language it is written, into the graph as it is. */
export const adoptCommand: Command = {
  name: 'adopt',
  summary: 'take an existing federation subgraph into the graph',
  usage: `polyseme adopt URL --domain NAME [--naming verbatim|qualified] --message TEXT [--contract DIR] [--check] [--percent N]

  URL               where the subgraph answers; it is asked for its schema
  --domain NAME     the domain that it belongs to
  --naming          qualified (default): its types and root fields bear the domain's name in the graph, ReviewsProduct for Product and
                    reviewsProducts for products; verbatim: they keep their names
  --contract DIR    contracts laid over it: owner, classification, who may read, promises (qualified only), and policies/*.cedar
  --header 'N: V'   a header for that one request; may be given several times
  --check           only say what adopting it would do
  --message TEXT    what changes for whom; stands in the history
  --percent N       only this share of callers gets it (1 to 99), until \`polyseme promote\`
${REGISTRY_USAGE}

  At run time the subgraph gets the gateway's signed call in the header polyseme-identity, and none of the caller's headers. One that does not
  verify it must be reachable by the gateway alone.`,
  maxPositionals: 1,
  options: {
    ...REGISTRY_OPTIONS, ...PUBLISH_OPTIONS, domain: { type: 'string' }, naming: { type: 'string', default: 'qualified' }, contract: { type: 'string' },
    header: { type: 'string', multiple: true }, check: { type: 'boolean' },
  },
  run: async (args, io) => {
    const { options, positionals: [url] } = args
    const { domain, naming, contract } = options
    if (url === undefined || typeof domain !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme adopt` needs a URL and --domain NAME')
    if (naming !== 'verbatim' && naming !== 'qualified') throw new GatewayError('COMMAND_INVALID', '--naming is verbatim or qualified')
    const message = options['check'] === true ? '' : messageOf(args, 'adopt')
    const client = await RegistryClient.open(args, io)
    const { fetchSubgraphSdl } = await import('../fetch-subgraph-sdl.ts')
    const sdl = await fetchSubgraphSdl(url, { signal: io.signal, headers: headersOf(args) })
    const { readDomainFiles } = await import('../../registry/index.ts')
    const files = typeof contract === 'string' ? await readDomainFiles(contract, io.cwd) : { contracts: [], policies: [] }
    const artifact = { subgraph: domain, sdl, url, naming, ...files } as const
    if (options['check'] === true) return await reportCheck(await client.check({ artifact, usageDays: 30 }), args, io)
    const current = await client.findSubgraph(domain)
    return await publishArtifact(artifact, { client, basedOn: current?.version ?? 0, message, args }, io)
  },
}

function headersOf({ options }: CommandArguments): Readonly<Record<string, string>> {
  const headers = options['header']
  if (!Array.isArray(headers)) return {}
  return Object.fromEntries(headers.map((text) => {
    const parts = /^([!#$%&'*+.^_`|~\w-]+):\s*([\t\x20-\x7e]*)$/.exec(String(text))
    if (parts === null) throw new GatewayError('COMMAND_INVALID', 'a --header is written `name: value`')
    return [parts[1] ?? '', parts[2] ?? ''] as const
  }))
}
