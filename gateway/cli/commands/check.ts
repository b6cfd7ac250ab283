import { GatewayError } from '@polyseme/kit/errors'
import type { Command, CommandArguments } from '../command.ts'
import { DATA_OPTIONS, DATA_USAGE, findPersonalFields } from '../personal-fields.ts'
import { reportCheck } from '../publish-artifact.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Says what publishing a domain would do, without doing it; exit code 0 only when it may be published. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say what publishing a domain would do: contracts, composition, consumers, rules, meaning',
  usage: `polyseme check DIR [--url URL] [--data SOURCE …] [--days N] [--markdown]

  DIR             folder of the domain: *.odcs.yaml, policies/*.cedar
  --url URL       where the subgraph answers (default: the published one)
${DATA_USAGE}
  --days N        how far back consumers' operations count (default 30)
  --markdown      as a comment for a pull request
${REGISTRY_USAGE}`,
  options: { ...REGISTRY_OPTIONS, ...DATA_OPTIONS, url: { type: 'string' }, days: { type: 'string', default: '30' }, markdown: { type: 'boolean' } },
  run: async (args, io) => {
    const [dir] = args.positionals
    if (dir === undefined || args.positionals.length > 1) throw new GatewayError('COMMAND_INVALID', '`polyseme check` needs one DIR')
    const usageDays = Number(args.options['days'])
    if (!Number.isInteger(usageDays) || usageDays < 0) throw new GatewayError('COMMAND_INVALID', '--days is a whole number')
    const client = await RegistryClient.open(args, io)
    const { ADDRESS_UNKNOWN, formatReportMarkdown, readDomainArtifact } = await import('../../registry/index.ts')
    const draft = await readDomainArtifact(dir, { cwd: io.cwd, url: ADDRESS_UNKNOWN })
    const artifact = { ...draft, url: await addressOf(draft, args, client) ?? ADDRESS_UNKNOWN }
    const report = await client.check({ artifact, usageDays, personalFields: await findPersonalFields(artifact, args, io) })
    if (args.options['json'] === true) io.out(JSON.stringify(report, null, 2))
    else if (args.options['markdown'] === true) io.out(formatReportMarkdown(report).trimEnd())
    else await reportCheck(report, io)
    return report.verdict === 'pass' ? 0 : 1
  },
}

/** The address that a publish would take; undefined where none is known, and where the caller may not know it: the check itself says so better. */
async function addressOf({ subgraph }: { readonly subgraph: string }, { options }: CommandArguments, client: RegistryClient): Promise<string | undefined> {
  const { url } = options
  if (typeof url === 'string') return url
  return await client.findSubgraph(subgraph).then((published) => published?.url, (error: unknown) => {
    if (error instanceof GatewayError && error.code === 'FORBIDDEN') return undefined
    throw error
  })
}
