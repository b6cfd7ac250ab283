import { GatewayError } from '@polyseme/kit/errors'
import type { Command } from '../command.ts'
import { DATA_OPTIONS, DATA_USAGE, findPersonalFields } from '../personal-fields.ts'
import { reportCheck } from '../publish-artifact.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Stands in a check without `--url`: the address does not change what a check says. */
const ANY_URL = 'http://127.0.0.1:1/graphql'

/** Says what publishing a domain would do, without doing it; exit code 0 only when it may be published. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say what publishing a domain would do: contracts, composition, consumers, rules, meaning',
  usage: `polyseme check DIR [--url URL] [--data SOURCE …] [--days N] [--markdown]

  DIR             folder of the domain: *.odcs.yaml, policies/*.cedar
  --url URL       where the subgraph will answer
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
    const { formatReportMarkdown, readDomainArtifact } = await import('../../registry/index.ts')
    const artifact = await readDomainArtifact(dir, { cwd: io.cwd, url: typeof args.options['url'] === 'string' ? args.options['url'] : ANY_URL })
    const report = await client.check({ artifact, usageDays, personalFields: await findPersonalFields(artifact, args, io) })
    if (args.options['json'] === true) io.out(JSON.stringify(report, null, 2))
    else if (args.options['markdown'] === true) io.out(formatReportMarkdown(report).trimEnd())
    else await reportCheck(report, io)
    return report.verdict === 'pass' ? 0 : 1
  },
}
