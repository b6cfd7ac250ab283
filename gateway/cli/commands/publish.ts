import { GatewayError } from '@polyseme/kit/errors'
import type { Command } from '../command.ts'
import { describeStep } from '../describe-step.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Checks a domain and, when nothing stands against it, makes it part of the live graph. */
export const publishCommand: Command = {
  name: 'publish',
  summary: 'check a domain and make it part of the live graph',
  usage: `polyseme publish DIR --url URL --message TEXT [--percent N]

  DIR             folder of the domain: *.odcs.yaml, policies/*.cedar
  --url URL       where the subgraph answers (default: the published one)
  --message TEXT  what changes for whom; stands in the history
  --percent N     only this share of requests gets it (1 to 99), until \`polyseme promote\`
${REGISTRY_USAGE}`,
  options: { ...REGISTRY_OPTIONS, url: { type: 'string' }, message: { type: 'string' }, percent: { type: 'string' } },
  run: async (args, io) => {
    const { options, positionals: [dir, ...more] } = args
    if (dir === undefined || more.length > 0) throw new GatewayError('COMMAND_INVALID', '`polyseme publish` needs one DIR')
    const message = options['message']
    if (typeof message !== 'string' || message.trim() === '') throw new GatewayError('COMMAND_INVALID', '`polyseme publish` needs --message: what changes for whom')
    const client = await RegistryClient.open(args, io)
    const { formatReportText, readDomainArtifact } = await import('../../registry/index.ts')
    const draft = await readDomainArtifact(dir, { cwd: io.cwd, url: '' })
    const current = await client.findSubgraph(draft.subgraph)
    const url = options['url'] ?? current?.url
    if (typeof url !== 'string') throw new GatewayError('COMMAND_INVALID', `"${draft.subgraph}" is new: say with --url where it answers`)
    const percent = options['percent']
    const result = await client.publish({ artifact: { ...draft, url }, basedOn: current?.version ?? 0, message, ...(percent === undefined ? {} : { canaryPercent: Number(percent) }) })
    if (options['json'] === true) io.out(JSON.stringify(result, null, 2))
    else if (result.kind === 'refused') io.out(formatReportText(result.report))
    else io.out(result.kind === 'unchanged' ? `${draft.subgraph}: this content is live already (step ${result.deployment.sequence})` : describeStep(result.deployment))
    return result.kind === 'refused' ? 1 : 0
  },
}
